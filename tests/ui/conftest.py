"""The program as people call it, run in this process."""

import sys

import pytest

from ui.cli import main


@pytest.fixture
def wendang_at(capsys, monkeypatch):
    """Return what makes, of a home, a function that runs the program on it: exit status, output, errors."""

    def at(home):
        def run(*arguments: str) -> tuple[int, str, str]:
            monkeypatch.setattr(sys, "argv", ["wendang", *arguments, "--home", str(home)])
            with pytest.raises(SystemExit) as ended:
                main()
            printed = capsys.readouterr()
            return int(ended.value.code or 0), printed.out, printed.err

        return run

    return at
