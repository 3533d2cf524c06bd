"""``[tool.reassert.verify]``: how the suite of the project is run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_TIMEOUT = 1800.0


@dataclass(frozen=True)
class VerifySettings:
    """How to run the suite.

    ``command`` in place of pytest's own (empty: pytest), ``env`` beside the caller's environment, ``timeout``
    in seconds for one run, ``jobs`` for pytest-xdist (0: as the project has it), ``python`` an interpreter or
    the folder of a virtual environment (None: the project's own).
    """

    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float = DEFAULT_TIMEOUT
    jobs: int = 0
    python: Path | None = None


def _is_command(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(word, str) and word for word in value)
    return isinstance(value, str) and bool(_words(value))


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return ()


def _is_environment(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_positive(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


def _is_count(value: object) -> bool:
    return isinstance(value, int) and _is_positive(value)


_WORD: Mapping[str, object] = {"type": "string", "minLength": 1}
# name -> (accepts, allowed in words, about, schema)
VERIFY_KEYS: Mapping[str, tuple[Callable[[object], bool], str, str, Mapping[str, object]]] = {
    "command": (
        _is_command,
        "a command line, as a string or as a list of strings",
        "The command that runs the tests; it must start pytest. {paths} stands for what was asked for.",
        {"anyOf": [_WORD, {"type": "array", "items": _WORD, "minItems": 1}]},
    ),
    "env": (
        _is_environment,
        "a table of strings",
        "Environment variables for the tests.",
        {"type": "object", "additionalProperties": {"type": "string"}},
    ),
    "timeout": (
        _is_positive,
        "a number of seconds above 0",
        "How long one run of the suite may take, in seconds.",
        {"type": "number", "exclusiveMinimum": 0},
    ),
    "jobs": (
        _is_count,
        "a whole number above 0",
        "How many processes of pytest-xdist run the suite.",
        {"type": "integer", "minimum": 1},
    ),
    "python": (
        lambda value: isinstance(value, str) and bool(value.strip()),
        "the path of an interpreter or of a virtual environment",
        "The Python that runs the tests.",
        {"type": "string", "pattern": r"\S"},
    ),
}
VERIFY_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        name: {"description": about, **schema} for name, (_, _, about, schema) in VERIFY_KEYS.items()
    },
}


def verify_settings(table: Mapping[str, Any]) -> VerifySettings:
    """Turn a table that has been checked into settings."""
    command = table.get("command", ())
    python = table.get("python")
    return VerifySettings(
        _words(command) if isinstance(command, str) else tuple(command),
        dict(table.get("env", {})),
        float(table.get("timeout", DEFAULT_TIMEOUT)),
        table.get("jobs", 0),
        None if python is None else Path(python),
    )
