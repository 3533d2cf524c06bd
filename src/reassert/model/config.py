"""The configuration that planning depends on, already validated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from reassert.model.edits import Unit


class Profile(IntEnum):
    """The highest rung of the ladder a class may climb."""

    ASSERTS = 1
    CLASSES = 2


@dataclass(frozen=True)
class RuleConfig:
    """What a rule may depend on. Versions are (major, minor) of the *project under migration*.

    ``first_party`` are the names of the project's own top-level modules (for the place of new imports).
    ``excluded`` are units that stay as they are; the rule id ``*`` stands for every rule, the qualified name
    ``*`` for the whole file, and a class's name for all that is in it.
    """

    profile: Profile = Profile.CLASSES
    target_version: tuple[int, int] = (3, 8)
    pytest_version: tuple[int, int] = (9, 0)
    unsafe_fixes: bool = False
    first_party: tuple[str, ...] = ()
    excluded: frozenset[Unit] = frozenset()
