"""The base classes of rules. A rule is declared once: by its class and the page beside it."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from reassert.model.config import Profile, RuleConfig
from reassert.model.edits import Edit
from reassert.model.outcomes import Finding, Note, Refusal, Safety

ContextT = TypeVar("ContextT")


@dataclass(frozen=True)
class Rewrite:
    """What a codemod wants for one file.

    ``blocked`` maps a class's qualified name to the refusals that keep it a TestCase;
    ``refusals`` are the ones that only leave a statement as it was;
    ``climbs`` are the classes that the codemod can make plain classes if nothing blocks them or relatives;
    ``renames`` maps such a class, or ``Class.method``, to its new name.
    ``splits`` maps ``Class.test`` (in a plain or climbing class), as it was collected, to the tests that it
    becomes: ``test[case]``, or ``test`` alone for all of its cases.
    ``replicas`` maps a climbing class to the names of the classes that were made of it, and had its tests in
    its place; each of these names is a case of all of its tests now.
    ``follows`` are the classes of other files, as ``path::qualname``, whose new names this file can take up.
    ``handled`` holds ``id()`` of the syntax nodes whose use of the TestCase these edits convert or remove.
    ``again``: a late codemod may find more to do once this is done.
    ``alone``: whatever other codemods want, nothing else may change in this file.
    """

    edits: tuple[Edit, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    findings: tuple[Finding, ...] = ()
    blocked: Mapping[str, tuple[Refusal, ...]] = field(default_factory=dict)
    handled: frozenset[int] = frozenset()
    climbs: frozenset[str] = frozenset()
    renames: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    replicas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    follows: frozenset[str] = frozenset()
    again: bool = False
    alone: bool = False


class Rule(ABC):
    """Common to codemods and audits. The id is the name of the module that declares the class.

    ``needs`` names what planning finds out for it: ``registrations`` are modules that pytest must rewrite.
    """

    title: ClassVar[str]
    mentions: ClassVar[tuple[bytes, ...]] = ()
    needs: ClassVar[frozenset[str]] = frozenset()

    @cached_property
    def id(self) -> str:
        """The rule's name in configuration, comments and reports."""
        return type(self).__module__.rpartition(".")[2]

    @cached_property
    def page_path(self) -> Path:
        """The Markdown page: prose, examples, refusals."""
        module = sys.modules[type(self).__module__]
        return Path(str(module.__file__)).with_suffix(".md")


class Codemod(Rule, Generic[ContextT]):
    """Rewrites code. ``refusals`` maps each code that the rule can give to one line of explanation.

    ``profile`` is the first one in which it runs. A ``late`` one sees what all others made of the file, the
    earlier of the late ones included; its places and names are then those of that text. ``option`` is what
    one that is not safe is asked for with.
    """

    profile: ClassVar[Profile] = Profile.ASSERTS
    late: ClassVar[bool] = False
    safety: ClassVar[Safety] = Safety.SAFE
    option: ClassVar[str] = "--unsafe-fixes"
    runs_after: ClassVar[tuple[str, ...]] = ()
    refusals: ClassVar[Mapping[str, str]] = {}

    def is_wanted(self, config: RuleConfig) -> bool:
        """Whether the profile reaches it."""
        return config.profile >= self.profile

    @abstractmethod
    def rewrite(self, context: ContextT) -> Rewrite:
        """Read what is known of one file; give edits and refusals. Odd input is refused, it never raises."""


@dataclass(frozen=True)
class Inspection:
    """What an audit says of one file: its findings, and what it wants to compare with other files."""

    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()


class Audit(Rule, Generic[ContextT]):
    """Looks at code and changes nothing. ``findings`` maps each code that it can give to an explanation."""

    findings: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def inspect(self, context: ContextT) -> Inspection:
        """Look at one file. Odd input is no finding, it never raises."""

    def compare(self, notes: Sequence[Note], config: RuleConfig) -> Iterable[Finding]:  # noqa: ARG002 - see below
        """Look at what ``inspect`` noted of all files, in the order of their places.

        An audit that knows all it needs from one file notes nothing, and has nothing to compare.
        """
        return ()
