"""Why a class stays or becomes what it becomes: what ``explain`` says of one inheritance component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reassert.model.facts import BaseKind
from reassert.model.outcomes import Location, Refusal


@dataclass(frozen=True)
class BaseLink:
    """A base of a class as it is ``written``, and what that means.

    ``place`` is where the class stands, if in the project. ``name`` is dotted, and empty if it cannot be
    resolved. ``apart``: the class was not looked at together with its heir; then ``origin`` is the class from
    outside of the project that it inherits from, if it does.
    """

    written: str
    name: str
    place: Location | None = None
    apart: bool = False
    origin: str = ""


@dataclass(frozen=True)
class ClassStatus:
    """What becomes of one class.

    ``becomes`` is its name as a plain class, None if it does not become one. Of its legacy ``assertions``
    ``converted`` many are converted; ``left`` are the refusals of others. They are not looked at where it is
    not ``clear`` that they are unittest's.
    """

    place: Location
    qualname: str
    kind: BaseKind
    bases: tuple[BaseLink, ...]
    becomes: str | None
    tests: int
    assertions: int
    converted: int
    left: tuple[Refusal, ...] = ()
    clear: bool = True

    @property
    def is_test(self) -> bool:
        """Whether unittest would run it, as far as is known."""
        return self.kind != "plain"

    @property
    def rung(self) -> int:
        """How far it climbs: 0 untouched, 1 assertions alone, 2 a plain class."""
        return 2 if self.becomes is not None else 1 if self.converted else 0


@dataclass(frozen=True)
class FamilyStatus:
    """A component of inheritance: its classes, file by file; why it stays, by the class to blame, if it does.

    ``settings`` says which files the configuration keeps from climbing, and by which setting.
    """

    members: tuple[ClassStatus, ...]
    causes: Mapping[Location, tuple[Refusal, ...]]
    settings: Mapping[str, str]
