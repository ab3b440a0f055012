import threading

import pytest

from rag.llms._line import Line, StillWaiting


def test_who_comes_first_has_nobody_ahead():
    line = Line()
    with line.place() as place:
        assert list(line.waiting(place, timeout=0)) == []
        assert len(line) == 1
    assert len(line) == 0


def test_who_comes_later_sees_the_line_get_shorter():
    line = Line()
    with line.place() as third_person:
        pass
    first, second, third = line.place(), line.place(), line.place()
    first.__enter__()
    second.__enter__()
    place = third.__enter__()
    assert place is not third_person
    seen = line.waiting(place, timeout=60)
    assert next(seen) == 2
    second.__exit__(None, None, None)  # gave up
    assert next(seen) == 1
    first.__exit__(None, None, None)
    assert list(seen) == []
    third.__exit__(None, None, None)


def test_the_time_to_wait_ends():
    line = Line()
    with line.place(), line.place() as second:
        seen = line.waiting(second, timeout=0)
        assert next(seen) == 1
        with pytest.raises(StillWaiting):
            next(seen)


def test_threads_are_served_in_the_order_of_their_coming():
    line, served = Line(), []

    def stand(number: int, came: threading.Event) -> None:
        with line.place() as place:
            came.set()
            for _ in line.waiting(place, timeout=60):
                pass
            served.append(number)

    with line.place():
        threads = []
        for number in range(5):
            came = threading.Event()
            threads.append(threading.Thread(target=stand, args=(number, came)))
            threads[-1].start()
            came.wait(60)
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3, 4]
