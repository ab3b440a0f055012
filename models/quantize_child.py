"""The child process of `models.quantize`: one job as JSON on stdin, messages as lines of JSON on stdout."""

import ctypes
import json
import os
import re
import sys
from typing import Any

from models.errors import BadModelFiles
from models.quantize import TYPES

# What llama.cpp prints when it begins with a tensor.
_STEP = re.compile(r"\[\s*(\d+)/\s*(\d+)\]")


class _Out:
    """The messages to the parent. llama.cpp's own output goes nowhere, so that it cannot come between them."""

    def __init__(self) -> None:
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._line = ""
        self._logged: object = None

    def take_log(self) -> None:
        """Have llama.cpp's log sent; loading a model with the binding takes it away."""
        import llama_cpp

        self._logged = llama_cpp.llama_log_callback(self.log)  # llama.cpp keeps no reference
        llama_cpp.llama_log_set(self._logged, None)

    def send(self, **message: object) -> None:
        """Send a message as one line of JSON, at once."""
        self._stream.write(json.dumps(message) + "\n")
        self._stream.flush()

    def log(self, _level: int, text: bytes, _data: object) -> None:
        """Send llama.cpp's log line by line, and what it tells of its progress."""
        self._line += text.decode("utf-8", "replace")
        *whole, self._line = self._line.split("\n")
        for line in whole:
            self.send(log=line)
            if step := _STEP.match(line):
                self.send(stage="quantize", done=int(step[1]), total=int(step[2]))

    def reading(self, done: int, total: int) -> None:
        """Tell how many tokens of the text for the importance matrix are read, and of how many."""
        self.send(stage="imatrix", done=done, total=total)


def main() -> int:
    """Do the job of stdin; return 0 where llama.cpp says that it is done."""
    import llama_cpp

    job = json.load(sys.stdin)
    out = _Out()
    out.take_log()
    llama_cpp.llama_backend_init()
    try:
        return _quantize(job, out=out)
    except BadModelFiles as exc:
        out.send(error=str(exc), values=exc.values)
        return 1


def _quantize(job: dict[str, Any], *, out: _Out) -> int:
    import llama_cpp

    options = llama_cpp.llama_model_quantize_default_params()
    options.ftype = _file_type(job["kind"])
    options.nthread = job["threads"]
    options.dry_run = job["dry"]
    if job["text"] and not job["dry"]:
        from models.importance import importance

        found = importance(job["file"], text=job["text"], threads=job["threads"], told=out.reading)
        out.take_log()
        table = (llama_cpp.llama_model_imatrix_data * (len(found) + 1))()
        for entry, (name, values) in zip(table, found.items(), strict=False):
            entry.name = name.encode()
            entry.data = values.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
            entry.size = values.size
        options.imatrix = table
    elif job["text"]:
        # What the types of a dry run depend on is whether there is a matrix at all.
        empty = (llama_cpp.llama_model_imatrix_data * 1)()
        options.imatrix = empty
    target = job.get("out", job["file"] + ".none")
    return int(llama_cpp.llama_model_quantize(job["file"].encode(), target.encode(), ctypes.byref(options)))


def _file_type(kind: str) -> int:
    import llama_cpp

    assert kind in TYPES, "the parent has checked it"
    name = "LLAMA_FTYPE_ALL_F32" if kind == "f32" else f"LLAMA_FTYPE_MOSTLY_{kind.upper()}"
    return int(getattr(llama_cpp, name))


if __name__ == "__main__":
    sys.exit(main())
