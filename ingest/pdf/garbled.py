"""Text layers that do not say what a page shows: fonts without a map to characters, or with a wrong one."""

import re
from dataclasses import dataclass

from ingest.likely import bits

_NO_CHARACTER = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")
_HANZI = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_FEWEST_HANZI = 30  # that tell sense from nonsense
# A hanzi takes 11 to 13.3 bits on the pages of measured documents, 14.5 in a list of herbs or names; one that a wrong
# map gives takes 16.8 to 18.
_NONSENSE_BITS = 15.5
_ACCENTED = re.compile("[\u0080-\u024f]")  # what GBK looks like as Latin-1 (ÖÐ¹ú); Vietnamese has a quarter of such
_NONSENSE_ACCENTED = 0.4
_FEWEST_LETTERS = 20
_BAD_SHARE, _WORTH_READING_AGAIN, _LOST = 0.01, 0.05, 0.3


@dataclass(frozen=True, slots=True)
class Garbled:
    """How many of a page's characters are none, or not those that it shows."""

    characters: int
    of: int

    @property
    def is_worth_reading_again(self) -> bool:
        """Whether recognising the page's picture gives a better text."""
        return self.characters >= _WORTH_READING_AGAIN * self.of

    @property
    def is_lost(self) -> bool:
        """Whether what can be read of the page is of no use."""
        return self.characters >= _LOST * self.of


def garbled(text: str) -> Garbled | None:
    """Return how garbled a page's text is, None where it is not."""
    letters = re.sub(r"\s+", "", text)
    bad = len(_NO_CHARACTER.findall(letters))
    hanzi = "".join(_HANZI.findall(letters))
    if len(hanzi) >= _FEWEST_HANZI and bits(hanzi) >= _NONSENSE_BITS * len(hanzi):
        bad += len(hanzi)
    accented = len(_ACCENTED.findall(letters))
    if len(letters) >= _FEWEST_LETTERS and accented >= _NONSENSE_ACCENTED * len(letters):
        bad += accented
    return Garbled(bad, len(letters)) if bad > _BAD_SHARE * len(letters) else None
