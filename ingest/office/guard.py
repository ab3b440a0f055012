"""Run a program that ends when we do: `python guard.py PROGRAM [ARGUMENT ...]`.

The process that reads documents is killed without warning when it takes too long, and a program that it has started
would live on. This small one between them sees the end of its parent (its stdin closes), and then ends the program with
all that it has started. It needs nothing but Python itself.
"""

import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    """Run the program in a process group of its own and return its exit status."""
    if sys.platform != "win32":
        os.setsid()
    with subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL) as program:
        threading.Thread(target=_end_with_parent, args=(program,), daemon=True).start()
        return program.wait()


def _end_with_parent(program: "subprocess.Popen[bytes]") -> None:
    os.read(0, 1)  # nothing is ever written there
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(program.pid)], check=False, capture_output=True)
    else:
        os.killpg(0, signal.SIGKILL)  # us too


if __name__ == "__main__":
    sys.exit(main())
