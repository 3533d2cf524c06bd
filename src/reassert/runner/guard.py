"""Runs a command, and ends it with all that it started when the process that wanted it is gone.

That process holds the other end of the standard input; it is the leader of a session of its own.
Only started as a program, by its path: it needs nothing of reassert.
"""

from __future__ import annotations

import os
import select
import signal
import sys

_CANNOT_START = 127
_SIGNALLED = 128


def main(command: list[str]) -> int:
    """Give the command's exit code; 128 and the signal's number if a signal ended it."""
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    child = os.fork()
    if child == 0:
        _become(command)
    while True:
        ready, _, _ = select.select([0, ended], [], [])
        if 0 in ready:
            os.killpg(0, signal.SIGKILL)
        os.read(ended, 64)
        done, status = os.waitpid(child, os.WNOHANG)
        if done and os.WIFSIGNALED(status):
            return _SIGNALLED + os.WTERMSIG(status)
        if done:
            return os.WEXITSTATUS(status)


def _become(command: list[str]) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    try:
        os.execvp(command[0], command)  # noqa: S606 - the test command, as the user configured it
    except OSError as error:
        os.write(2, f"{command[0]} cannot be started: {error.strerror}\n".encode())
    os._exit(_CANNOT_START)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
