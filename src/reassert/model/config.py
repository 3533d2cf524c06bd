"""The configuration that planning depends on, already validated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Profile(IntEnum):
    """The highest rung of the ladder a class may climb."""

    ASSERTS = 1
    CLASSES = 2


@dataclass(frozen=True)
class RuleConfig:
    """What a rule may depend on. Versions are (major, minor) of the *project under migration*.

    ``first_party`` are the names of the project's own top-level modules (for the place of new imports).
    """

    profile: Profile = Profile.CLASSES
    target_version: tuple[int, int] = (3, 8)
    pytest_version: tuple[int, int] = (9, 0)
    unsafe_fixes: bool = False
    first_party: tuple[str, ...] = ()
