"""What can go wrong between a file and a searchable passage.

WendangError              anything the program refuses to do, with what failed, the value and the remedy
├─ UnreadableFile         one file cannot be read (never stops the others); carries a Reason
├─ LibraryBusy            another process owns the library
├─ LibraryReadOnly        this process opened the library for reading only
├─ LibraryDamaged         the record itself cannot be opened
├─ BadSetting             a setting has a value that cannot be used
├─ NotInLibrary           the library has no such document
└─ MissingExtra           an optional package is needed
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a file, or a part of it, could not be read. The texts for users are in `ui.text`.

    `values` that go with some: TOO_LARGE, TOO_MANY_PAGES, TOO_MANY_MEMBERS, NESTED_TOO_DEEPLY have `limit` (its name in
    `Limits`), `value` and `most`; NEEDS_PROGRAM has `program`; TEXT_LOST has `found` and `read` (characters).
    """

    EMPTY = "empty"
    BLANK = "blank"
    NOT_TEXT = "not_text"
    UNSUPPORTED = "unsupported"
    OLD_FORMAT = "old_format"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out_of_memory"
    NO_TEXT_LAYER = "no_text_layer"
    SCANNED_PAGES = "scanned_pages"
    GARBLED = "garbled"
    UNDECODABLE_BYTES = "undecodable_bytes"
    NOT_PERMITTED = "not_permitted"
    CHANGED_WHILE_READING = "changed_while_reading"
    VANISHED = "vanished"
    STILL_READING = "still_reading"
    TEXT_LOST = "text_lost"
    NEEDS_PROGRAM = "needs_program"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_MANY_MEMBERS = "too_many_members"
    NESTED_TOO_DEEPLY = "nested_too_deeply"
    UNSAFE_NAME = "unsafe_name"
    LINK_OUTSIDE = "link_outside"
    EMBEDDED_FILES = "embedded_files"


class WendangError(Exception):
    """An error for the user: `code` names it for translation, `values` fill the text in.

    `str(error)` is one English line with what failed, the value and the remedy.
    """

    code = "error"

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.values = values


class UnreadableFile(WendangError):
    """One file that cannot be read, for `reason`."""

    code = "unreadable_file"

    def __init__(self, reason: Reason, **values: object) -> None:
        details = ", ".join(f"{key}={value}" for key, value in values.items())
        super().__init__(f"cannot read the file: {reason}" + (f" ({details})" if details else ""), **values)
        self.reason = reason


class LibraryBusy(WendangError):
    """Another process owns the library; `values` has `owner`."""

    code = "library_busy"


class LibraryReadOnly(WendangError):
    """A write was asked of a library that was opened for reading."""

    code = "library_read_only"


class LibraryDamaged(WendangError):
    """The record cannot be opened; `values` has `path` and `cause`."""

    code = "library_damaged"


class BadSetting(WendangError):
    """A setting that cannot be used; `values` has `name`, `value` and `expected`."""

    code = "bad_setting"


class NotInLibrary(WendangError):
    """No document of that name; `values` has `source`."""

    code = "not_in_library"


class MissingExtra(WendangError):
    """An optional package is missing; `values` has `what`, `package` and `extra`."""

    code = "missing_extra"

    def __init__(self, *, what: str, package: str, extra: str) -> None:
        super().__init__(
            f"{what} needs {package}: .venv/bin/pip install -e '.[{extra}]'", what=what, package=package, extra=extra
        )
