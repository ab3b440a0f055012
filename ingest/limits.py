"""What reading one file may take, at most. All are settings (`[limits]` in wendang.toml); an error names its limit."""

from pydantic import BaseModel, ConfigDict, Field

_MIB = 1024**2
_GIB = 1024**3


class Limits(BaseModel):
    """The limits of reading one file; what goes beyond one is refused with the limit's name, the rest goes on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file_bytes: int = Field(default=2 * _GIB, ge=1, description="size of a file")
    text_bytes: int = Field(default=512 * _MIB, ge=1, description="UTF-8 bytes of text from one file")
    timeout_s: float = Field(default=120.0, gt=0, description="seconds without a finished page")
    memory_bytes: int = Field(default=4 * _GIB, ge=256 * _MIB, description="address space of a reading process")
    pages: int = Field(default=20_000, ge=1, description="pages, slides or sheets of one file")
    cells: int = Field(default=5_000_000, ge=1, description="cells of one spreadsheet")
    tags: int = Field(default=5_000_000, ge=1, description="XML tags of one part of an office file")
    unpacked_bytes: int = Field(default=2 * _GIB, ge=1, description="bytes read out of one compressed file")
    unpacked_ratio: int = Field(default=300, ge=1, description="times that a part of over 8 MiB may be its packed size")
    members: int = Field(default=10_000, ge=1, description="files in one archive, attachments of one mail")
    depth: int = Field(default=3, ge=1, description="archives and mails inside each other")
    image_pixels: int = Field(default=200_000_000, ge=1, description="pixels of one picture")
