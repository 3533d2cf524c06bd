"""Starts test suites in processes of their own, in a copy of the project, and reads back what happened."""

from reassert.runner.interpreter import Interpreter, InterpreterError, find_interpreter
from reassert.runner.running import never_collected, run
from reassert.runner.spec import RunSpec, split_command

__all__ = [
    "Interpreter",
    "InterpreterError",
    "RunSpec",
    "find_interpreter",
    "never_collected",
    "run",
    "split_command",
]
