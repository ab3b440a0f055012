from rag.llms._pace import Pace


def test_usual_speed_keeps_the_threads():
    pace = Pace(4, usual=100)
    pace.judge(60)
    assert pace.threads == 4


def test_half_of_the_threads_stay_where_they_read_quicker():
    pace = Pace(4, usual=100)
    for rate, threads in ((20, 2), (70, 2), (1, 2)):
        pace.judge(rate)
        assert pace.threads == threads


def test_all_threads_come_back_where_half_of_them_read_slower():
    pace = Pace(4, usual=None)
    for rate, threads in ((20, 2), (10, 4), (1, 4)):
        pace.judge(rate)
        assert pace.threads == threads


def test_one_thread_is_not_halved():
    pace = Pace(1, usual=100)
    pace.judge(1)
    assert pace.threads == 1
