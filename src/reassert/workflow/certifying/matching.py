"""Which new tests an old one became: by a plan's test map, or by names alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reassert.workflow.certifying.names import (
    NodeName,
    parse_nodeid,
    plain,
    plain_class,
    plain_test,
    words,
)

_SHORTEST = 3  # letters of a name that may be looked for inside another one


@dataclass(frozen=True)
class Match:
    """What an old test became.

    ``after`` are the node ids that are expected: with a test map also those that did not run. ``how`` says
    by what they were found (empty: they are the same, or the map says so); ``certain`` is False where
    nothing but similar names speaks for it.
    """

    after: tuple[str, ...] = ()
    how: str = ""
    certain: bool = True


@dataclass(frozen=True)
class Matching:
    """Every old node id with what became of it, in the order of the old run.

    ``mapped`` says that a plan's test map was used; ``file_renames`` maps old files to new ones.
    """

    matches: Mapping[str, Match]
    mapped: bool = False
    file_renames: Mapping[str, str] = field(default_factory=dict)


def match_by_map(
    before: Iterable[str], after: Iterable[str], test_map: Mapping[str, Sequence[str]]
) -> Matching:
    """Match by a plan's test map, from node ids without parameters to new ones; the others keep theirs.

    Parameters carry over. A new id may name one case (``test_all[test_one]``) of several tests that merged.
    Of a test that the map does not have, because it is made when the file is imported, the class is renamed.
    """
    known = _by_base(after)
    classes = _classes(test_map)
    matches = {}
    for old in before:
        name = parse_nodeid(old)
        targets = test_map.get(name.base) or (_moved(name, classes),)
        news = (new for target in targets for new in _carried(target, name.case, known))
        matches[old] = Match(tuple(dict.fromkeys(news)))
    return Matching(matches, mapped=True)


def _classes(test_map: Mapping[str, Sequence[str]]) -> dict[tuple[str, tuple[str, ...]], NodeName]:
    """The classes of a test map, each with a test of the class that it became."""
    parsed = ((parse_nodeid(old), parse_nodeid(new)) for old, news in test_map.items() for new in news)
    return {(old.file, old.classes): new for old, new in parsed if old.classes}


def _moved(name: NodeName, classes: Mapping[tuple[str, tuple[str, ...]], NodeName]) -> str:
    new = classes.get((name.file, name.classes))
    return name.base if new is None else new._replace(name=name.name, case="").base


def _by_base(nodeids: Iterable[str]) -> dict[str, list[str]]:
    known: dict[str, list[str]] = defaultdict(list)
    for nodeid in nodeids:
        known[parse_nodeid(nodeid).base].append(nodeid)
    return known


def _carried(target: str, case: str, known: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Give the node ids that ``target`` stands for, for one set of old parameters."""
    name = parse_nodeid(target)
    ids = known.get(name.base, ())
    if name.case:
        joined = name.case[:-1] + "-" + case[1:] if case else name.case
        return (name.base + (joined if name.base + joined in ids else name.case),)
    if target + case in ids:
        return (target + case,)
    if not case and ids:
        return ids
    return (target,) if target in ids else (target + case,)


class _Way(NamedTuple):
    """A way to find an old test among the new ones: equal keys, and only one test on either side."""

    how: str
    old: Callable[[NodeName], Hashable]
    new: Callable[[NodeName], Hashable]


def _same(how: str, key: Callable[[NodeName], Hashable]) -> _Way:
    return _Way(how, key, key)


_WAYS = (
    _same("", lambda n: (n.file, n.classes, n.name)),
    _same("the class's name but for Test or Case", lambda n: (n.file, plain_class(n.classes), n.name)),
    _same("similar names", lambda n: (n.file, plain_class(n.classes), plain_test(n.name))),
    _Way(
        "a function of the module",
        lambda n: (n.file, n.name) if n.classes else None,
        lambda n: None if n.classes else (n.file, n.name),
    ),
    _Way(
        "a function named after class and test",
        lambda n: (n.file, plain_class(n.classes) + plain_test(n.name)) if n.classes else None,
        lambda n: None if n.classes else (n.file, plain_test(n.name)),
    ),
    _same("the same name in the same file", lambda n: (n.file, n.name)),
    _Way(
        "a function with a similar name",
        lambda n: (n.file, plain_test(n.name)) if n.classes else None,
        lambda n: None if n.classes else (n.file, plain_test(n.name)),
    ),
)
_ELSEWHERE = (
    _same("the same class and name in another file", lambda n: (plain_class(n.classes), n.name)),
    _same("the same name in another file", lambda n: n.name),
)


def match_by_name(
    before: Iterable[str], after: Iterable[str], file_renames: Mapping[str, str] | None = None
) -> Matching:
    """Match by file, class and name, each test that is left by a looser way than the ones before it.

    ``file_renames`` maps old files to new ones, as git tells them.
    """
    renames = file_renames or {}
    search = _Search(before, after, renames)
    search.identical()
    search.by_case(_is_case)
    for way in _WAYS:
        search.by_key(way)
    search.by_words()
    search.by_case(_names_case)
    for way in _ELSEWHERE:
        search.by_key(way)
    return Matching({old: search.found.get(old, Match()) for old in search.olds}, file_renames=renames)


class _Search:
    """Old and new tests that have no counterpart yet; each way takes some of them."""

    def __init__(self, before: Iterable[str], after: Iterable[str], renames: Mapping[str, str]) -> None:
        self.olds = {old: _renamed(parse_nodeid(old), renames) for old in before}
        self.news = {new: parse_nodeid(new) for new in after}
        self.free = dict.fromkeys(self.news)
        self.found: dict[str, Match] = {}

    def identical(self) -> None:
        for old, name in self.olds.items():
            if name.nodeid in self.free:
                self._take(old, Match((name.nodeid,)))

    def by_key(self, way: _Way) -> None:
        olds = _grouped(((old, self.olds[old]) for old in self._left()), way.old)
        news = _grouped(((new, self.news[new]) for new in self.free), way.new)
        for key in olds.keys() & news.keys():
            if len(olds[key]) == len(news[key]) == 1:
                (old_ids,), (new_ids,) = olds[key].values(), news[key].values()
                for old, match in self._cases(old_ids, new_ids, way.how):
                    self._take(old, match)

    def by_case(self, fits: Callable[[NodeName, NodeName], bool]) -> None:
        """Find tests that became one case, or some, of a parametrised test of the same file."""
        cases: dict[str, list[str]] = defaultdict(list)
        for new in self.free:
            if self.news[new].case:
                cases[self.news[new].file].append(new)
        for old in self._left():
            name = self.olds[old]
            ids = [new for new in cases[name.file] if new in self.free and fits(name, self.news[new])]
            if ids and not name.case and len({self.news[new].base for new in ids}) == 1:
                self._take(old, Match(tuple(ids), "the name of a case", certain=False))

    def by_words(self) -> None:
        """Find functions of a file that have all words of a class's and a test's name, as no other has."""
        functions = [new for new in self.free if not self.news[new].classes and not self.news[new].case]
        pairs = [
            (old, new)
            for old in self._left()
            if self.olds[old].classes and not self.olds[old].case
            for new in functions
            if self.news[new].file == self.olds[old].file and _words(self.olds[old]) < _words(self.news[new])
        ]
        olds, news = Counter(old for old, _ in pairs), Counter(new for _, new in pairs)
        for old, new in pairs:
            if olds[old] == news[new] == 1:
                self._take(old, Match((new,), "a function with the words of class and test", certain=False))

    def _left(self) -> list[str]:
        return [old for old in self.olds if old not in self.found]

    def _take(self, old: str, match: Match) -> None:
        self.found[old] = match
        for new in match.after:
            self.free.pop(new, None)

    def _cases(self, olds: Sequence[str], news: Sequence[str], how: str) -> Iterator[tuple[str, Match]]:
        """Match the parameters of one test with those of another one."""
        certain = not how
        by_case = {self.news[new].case: new for new in news}
        equal = {old: by_case.pop(c) for old in olds if (c := self.olds[old].case) in by_case}
        yield from ((old, Match((new,), how, certain)) for old, new in equal.items())
        rest = [old for old in olds if old not in equal]
        left = tuple(by_case.values())
        if len(rest) == 1 and not self.olds[rest[0]].case and left:
            yield rest[0], Match(left, how, certain)
        elif len(left) == 1 and not self.news[left[0]].case:
            how = how or "the same test without parameters"
            yield from ((old, Match(left, how, certain=False)) for old in rest)
        elif len(rest) == len(left):
            yield from (
                (old, Match((new,), "the order of the cases", certain=False))
                for old, new in zip(rest, left, strict=True)
            )


def _words(name: NodeName) -> frozenset[str]:
    return words((*name.classes, name.name))


def _renamed(name: NodeName, renames: Mapping[str, str]) -> NodeName:
    return name._replace(file=renames.get(name.file, name.file))


def _grouped(
    names: Iterable[tuple[str, NodeName]], key: Callable[[NodeName], Hashable]
) -> dict[Hashable, dict[str, list[str]]]:
    """Group tests by key, then by node id without parameters; a key of None is left out."""
    groups: dict[Hashable, dict[str, list[str]]] = {}
    for nodeid, name in names:
        value = key(name)
        if value is not None:
            groups.setdefault(value, {}).setdefault(name.base, []).append(nodeid)
    return groups


def _is_case(old: NodeName, new: NodeName) -> bool:
    """Whether a case is named like an old test, with or without the name of the test that it belongs to."""
    case = plain(new.case).removeprefix("test")
    return plain_test(old.name) in (case, plain_test(new.name) + case)


def _names_case(old: NodeName, new: NodeName) -> bool:
    """Whether a case's name contains that of an old test."""
    wanted = plain_test(old.name)
    return len(wanted) >= _SHORTEST and wanted in plain(new.case)
