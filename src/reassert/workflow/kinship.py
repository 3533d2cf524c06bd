"""The names by which a file may be related to another: a gate that spares parsing the whole project."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator

from reassert.model.facts import ScannedFacts

# Beyond so many, looking for each of them costs more than it spares.
MOST_WORDS = 64

_STRANGERS = frozenset({*dir(builtins), "?", ""})


def related_words(
    asked: Iterable[ScannedFacts], found: Iterable[ScannedFacts] = ()
) -> tuple[bytes, ...] | None:
    """The words of which a file must contain one to be related to ``asked``, given what is ``found``.

    A subclass contains the name of its base; whoever defines a base or a function, or passes it on, contains
    the name it is used by. None: the words are too many to be worth while, any file may be related.
    Empty: none can be.
    """
    asked = tuple(asked)
    words = {name for facts in asked for kin in _classes(facts) for name in kin}
    words |= {_last(dotted) for facts in asked for dotted in facts.wanted}
    links = [kin for facts in (*asked, *found) for kin in (*_classes(facts), *_aliases(facts))]
    grown = True
    while grown and len(words) <= MOST_WORDS:
        more = {name for kin in links if not words.isdisjoint(kin) for name in kin} - words
        words |= more
        grown = bool(more)
    # A name beyond ASCII can be spelled in several ways, and encoded in several more.
    if len(words) > MOST_WORDS or not all(word.isascii() for word in words):
        return None
    return tuple(sorted(word.encode() for word in words))


def _classes(facts: ScannedFacts) -> Iterator[set[str]]:
    """For each class the names that stand for it and for its bases."""
    for item in facts.classes:
        bases = {_last(base) for base in item.bases if not base.startswith("unittest.")}
        yield {_last(item.qualname), *bases} - _STRANGERS


def _aliases(facts: ScannedFacts) -> Iterator[set[str]]:
    for name, origin in facts.exports.items():
        if name != _last(origin):
            yield {name, _last(origin)}


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2].lstrip(":")
