"""RTF as Outlook packs it."""

import struct

import pytest

from ingest.errors import Reason, UnreadableFile
from ingest.mail.compressed_rtf import decompress_rtf

# The example of [MS-OXRTFCP] 3.1.1: a packed text with references into what every decoder knows.
PACKED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)


def test_the_example_of_the_specification_is_unpacked():
    assert decompress_rtf(PACKED, most=1000) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_rtf_that_was_only_wrapped_is_taken_out():
    rtf = b"{\\rtf1 hello}"
    assert decompress_rtf(struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf, most=1000) == rtf


def test_no_more_is_unpacked_than_allowed():
    assert len(decompress_rtf(PACKED, most=10)) < 10 + 8 * 17


@pytest.mark.parametrize("data", [b"", b"short", b"x" * 40])
def test_what_is_no_packed_rtf_is_damaged(data):
    with pytest.raises(UnreadableFile) as caught:
        decompress_rtf(data, most=1000)
    assert caught.value.reason is Reason.DAMAGED
