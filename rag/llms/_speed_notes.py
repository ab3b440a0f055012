"""How quick a model is on this machine: measured once, corrected by every answer, kept in a small file."""

import json
import logging
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

logger = logging.getLogger(__name__)

#: Seconds that measuring may take; models smaller than this many bytes are quick with any number of threads.
WITHIN_S = 2.0
_SMALL = 64_000_000
#: Another number of threads than the machine's cores must win by this much: a short measurement is not exact.
_BETTER = 0.9
#: Proposing tokens helps where a batch with a draft takes less time than the tokens of it that are right by experience.
_DRAFT_GAIN = 2.5
#: How much of an average the newest value is, and the fewest tokens that give one.
_NEWEST = 0.3
_READ, _WRITTEN = 128, 8


@dataclass(frozen=True, slots=True)
class Speed:
    """How to run a model, and how quick it was: rates are tokens a second, None where nothing is known."""

    write_threads: int
    read_threads: int
    drafted: bool = False
    reading_rate: float | None = None
    writing_rate: float | None = None
    answers: int = 0

    def corrected(self, *, read: float, read_s: float, made: float, write_s: float) -> "Speed":
        """Return the speed with what an answer took averaged in: tokens read and made, and the seconds for each."""
        reading, writing = self.reading_rate, self.writing_rate
        if read >= _READ:
            reading = self._averaged(reading, read / read_s)
        if made >= _WRITTEN:
            writing = self._averaged(writing, made / write_s)
        return replace(self, reading_rate=reading, writing_rate=writing, answers=self.answers + 1)

    def _averaged(self, old: float | None, new: float) -> float:
        """Return the average; the first answer counts for more than the short measurement."""
        return new if old is None or not self.answers else old + _NEWEST * (new - old)


class Notes:
    """The speed of one model file, kept in `folder`; without a folder it is neither measured nor kept."""

    def __init__(self, model: Path, *, folder: Path | None, threads: int | None) -> None:
        self._file = folder / f"{model.stem}.speed.json" if folder else None
        found = model.stat()
        self._counts = [threads] if threads else candidates()
        self._key = {"bytes": found.st_size, "mtime_ns": found.st_mtime_ns, "threads": self._counts}
        self.speed = self._kept() or Speed(self._counts[0], self._counts[0])
        self._is_known = self._kept() is not None or found.st_size < _SMALL

    def settle(self, measure: Callable[[Sequence[int]], dict[int, list[float]]]) -> None:
        """Choose threads and drafts by a measurement, where none is kept; it waits for a start on a quiet machine."""
        if self._file is None or self._is_known or is_busy():
            return
        if found := measure(self._counts):
            self.speed = chosen(found)
            self._is_known = True
            logger.info("threads measured: %s", self.speed)
            self._keep()

    def correct(self, **spent: float) -> None:
        """Average an answer in, given as to `Speed.corrected`, and keep the result."""
        self.speed = self.speed.corrected(**spent)
        if self._is_known:
            self._keep()

    def _kept(self) -> Speed | None:
        try:
            found = json.loads(self._file.read_text("utf-8")) if self._file else {}
            return Speed(**found["speed"]) if found["key"] == self._key else None
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or of another version: it is measured anew

    def _keep(self) -> None:
        if self._file is None:
            return
        new = self._file.with_suffix(".part")
        try:
            new.write_text(json.dumps({"key": self._key, "speed": asdict(self.speed)}, indent=1) + "\n", "utf-8")
            new.replace(self._file)
        except OSError as exc:
            logger.warning("the speed of the model cannot be kept: %s", exc)


def chosen(seconds: Mapping[int, Sequence[float]]) -> Speed:
    """Return the threads of a measurement: for each count, the seconds of one token and of one with a draft."""
    from rag.llms._llama_model import DRAFT

    first = next(iter(seconds))

    def best(column: int) -> int:
        quickest = min(seconds, key=lambda count: seconds[count][column])
        return quickest if seconds[quickest][column] < _BETTER * seconds[first][column] else first

    write, read = best(0), best(1)
    one, batch = seconds[write][0], seconds[write][1]
    return Speed(
        write, read, batch < _DRAFT_GAIN * one, reading_rate=(1 + DRAFT) / seconds[read][1], writing_rate=1 / one
    )


def candidates() -> list[int]:
    """Return the numbers of threads that may be best, the likeliest first: cores, all processors, half of the cores."""
    available = processors()
    cores = min(physical_cores() or available, available)
    return list(dict.fromkeys([cores, available, max(1, cores // 2)]))


def processors() -> int:
    """Return how many processors this process may use at a time: those of its mask, within its container's share."""
    mask = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text("ascii").split()
        return max(1, min(mask, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no container, or no limit ("max")
        return mask


def is_busy() -> bool:
    """Whether others keep more than half of the processors busy."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > processors() / 2


def physical_cores() -> int | None:
    """Return how many cores the processors of this process lie on; None where the system does not tell."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    cores = set()
    for number in os.sched_getaffinity(0):
        try:
            cores.add(Path(f"/sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list").read_text("ascii"))
        except OSError:
            return None
    return len(cores)
