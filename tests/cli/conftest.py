import os
import sys
from typing import NamedTuple

import pytest

from reassert.cli import main
from reassert.model.outcomes import Change, Plan
from reassert.workflow import planning


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: bytes
    err: str


@pytest.fixture
def run(monkeypatch, capfdbinary):
    """Run the command line in this process; ``stdin`` must be given where a question is expected."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["reassert", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfdbinary.readouterr()
        return Done(ended.value.code or 0, out, err.decode())

    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR", "REASSERT_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    return run


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with one test file, as the current folder."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "test_x.py").write_bytes(b"old\r\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def planned(project, monkeypatch):
    """Let planning give a plan made from these arguments; the requests are kept in ``planned.requests``."""

    def plan(**fields):
        result = Plan(**{"root": project, "files": 1, **fields})

        def make_plan(request, _executor, progress):
            plan.requests.append(request)
            progress(1, 1)
            return result

        monkeypatch.setattr(planning, "make_plan", make_plan)

    plan.requests = []
    plan(changes=(Change(project / "test_x.py", b"old\r\n", b"new\r\n"),))
    return plan


@pytest.fixture
def terminal(monkeypatch):
    """Pretend that somebody sits there, who types the given answer."""

    def answer(text):
        read, write = os.pipe()
        os.write(write, text.encode())
        os.close(write)
        stdin = os.fdopen(read)
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr("reassert.cli.migrate.can_ask", lambda: True)
        opened.append(stdin)

    opened = []
    yield answer
    for stdin in opened:
        stdin.close()
