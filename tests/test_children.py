"""Processes are not lost when a signal comes at the worst moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from reassert.children import child

SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]


@pytest.fixture
def started(monkeypatch):
    """The processes that are started; each one is followed by an interrupt before anybody can know of it."""
    found = []
    popen = subprocess.Popen

    def start(*words, **options):
        found.append(popen(*words, **options))
        os.kill(os.getpid(), signal.SIGINT)
        return found[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    yield found
    for process in found:
        process.kill()


def test_a_process_that_was_just_started_is_ended_by_an_interrupt(started):
    with pytest.raises(KeyboardInterrupt), child(SLEEP):
        pytest.fail("the interrupt was lost")
    assert [process.returncode for process in started] == [-signal.SIGKILL]


def test_handlers_are_as_before():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with child([sys.executable, "-S", "-c", "print(1)"], stdout=subprocess.PIPE) as process:
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
        assert process.communicate()[0].strip() == b"1"
    assert process.returncode == 0


def interrupted(command, read, write):
    with child(command, stdin=subprocess.PIPE, stdout=write):
        os.close(write)
        assert os.read(read, 1) == b"x"
        raise ZeroDivisionError


def test_what_it_started_ends_with_it():
    program = f"import subprocess, sys; subprocess.Popen({SLEEP!r}); print('x', flush=True); sys.stdin.read()"
    read, write = os.pipe()
    with pytest.raises(ZeroDivisionError):
        interrupted([sys.executable, "-S", "-c", program], read, write)
    with os.fdopen(read, "rb") as output:
        assert output.read().strip() == b""  # the end comes when nobody is left who could write


def test_in_a_thread():
    codes = []

    def run():
        with child([sys.executable, "-S", "-c", ""]) as process:
            codes.append(process.wait())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert codes == [0]
