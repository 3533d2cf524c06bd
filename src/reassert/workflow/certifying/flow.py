"""Which old assertions find no counterpart, where several new kinds would do: a flow between two sides."""

from __future__ import annotations

from collections.abc import Mapping

from reassert.workflow.certifying.forms import Kind, accepts

Numbers = dict[Kind, int]


def unserved(before: Mapping[Kind, int], after: Mapping[Kind, int]) -> tuple[Numbers, Numbers]:
    """Pair as many old assertions as can be with accepted new ones; give what is left of both.

    A maximum flow by augmenting paths (Ford and Fulkerson 1956), over kinds rather than single assertions.
    The kinds with the fewest choices go first, and plain ``isinstance`` checks are taken last, as they may be
    guards of typed comparisons.
    """
    flow = _Flow(before, after)
    for old in sorted(before, key=lambda kind: (len(flow.choices[kind]), kind.form)):
        flow.serve(old)
    return flow.left()


class _Flow:
    def __init__(self, before: Mapping[Kind, int], after: Mapping[Kind, int]) -> None:
        self.wanted = dict(before)
        self.free = dict(after)
        self.used: dict[tuple[Kind, Kind], int] = {}
        self.choices = {
            old: sorted((new for new in after if accepts(old, new)), key=_is_guard) for old in before
        }

    def serve(self, old: Kind) -> None:
        while self.wanted[old]:
            path = self._path(old, {old})
            if path is None:
                return
            self._push(path)

    def _path(self, old: Kind, seen: set[Kind]) -> list[tuple[Kind, Kind]] | None:
        """Find pairs (old, new): the last new kind is free, the others are given up by the next old one."""
        for new in self.choices[old]:
            if self.free[new]:
                return [(old, new)]
        for new in self.choices[old]:
            for other, taken in self._takers(new):
                if taken and other not in seen:
                    rest = self._path(other, seen | {other})
                    if rest is not None:
                        return [(old, new), *rest]
        return None

    def _takers(self, new: Kind) -> list[tuple[Kind, int]]:
        return [(old, number) for (old, taken), number in self.used.items() if taken == new]

    def _push(self, path: list[tuple[Kind, Kind]]) -> None:
        gives = zip(path[1:], path, strict=False)
        given = [(old, new) for (old, _), (_, new) in gives]
        amount = min(self.wanted[path[0][0]], self.free[path[-1][1]], *(self.used[pair] for pair in given))
        for pair in path:
            self.used[pair] = self.used.get(pair, 0) + amount
        for pair in given:
            self.used[pair] -= amount
        self.wanted[path[0][0]] -= amount
        self.free[path[-1][1]] -= amount

    def left(self) -> tuple[Numbers, Numbers]:
        return (
            {kind: number for kind, number in self.wanted.items() if number},
            {kind: number for kind, number in self.free.items() if number},
        )


def _is_guard(kind: Kind) -> bool:
    return kind.shape is not None and kind.shape.op == "isinstance"
