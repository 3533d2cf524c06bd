"""Node ids taken apart, and names without what a migration usually changes in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_AFFIX = re.compile(
    r"^(?:Unit)?[Tt]ests?(?:Cases?)?(?=[A-Z0-9_])|(?:(?:_?T|_t)ests?(?:_?[Cc]ases?)?|_?Cases?|_cases?)$"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NO_WORDS = frozenset({"test", "tests", "case", "cases"})
_SEPARATOR = re.compile(r"[\W_]+")


class NodeName(NamedTuple):
    """The parts of a node id; ``case`` are the parameters with their brackets, or empty."""

    file: str
    classes: tuple[str, ...]
    name: str
    case: str = ""

    @property
    def base(self) -> str:
        """The node id without parameters."""
        return "::".join(part for part in (self.file, *self.classes, self.name) if part)

    @property
    def nodeid(self) -> str:
        """The node id as pytest writes it."""
        return self.base + self.case


def parse_nodeid(nodeid: str) -> NodeName:
    """Take a node id apart; that of a file has no name. Parameters may hold colons and brackets."""
    file, _, rest = nodeid.partition("::")
    path, bracket, case = rest.partition("[")
    *classes, name = path.split("::")
    return NodeName(file, tuple(classes), name, bracket + case)


def plain_class(classes: tuple[str, ...]) -> str:
    """Classes in lower case, without underscores and without ``Test``, ``TestCase`` and the like."""
    return ".".join(plain(_AFFIX.sub("", name)) or plain(name) for name in classes)


def plain_test(name: str) -> str:
    """Give a test's name in lower case, without underscores and without ``test`` in front of it."""
    return plain(name).removeprefix("test")


def words(names: Iterable[str]) -> frozenset[str]:
    """Give the words of some names in lower case, without ``test``, ``case`` and the like."""
    found = (word.lower() for name in names for word in _WORD.findall(_AFFIX.sub("", name) or name))
    return frozenset(found) - _NO_WORDS


def plain(name: str) -> str:
    """Give a name in lower case, letters and digits only."""
    return _SEPARATOR.sub("", name).lower()
