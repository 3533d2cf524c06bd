"""The hunks of a change: what the terminal and the patch show, made from the change's blocks without difflib.

A line here is what git takes for one: it ends with a line feed and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reassert.model.edits import Block

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reassert.model.outcomes import Change

CONTEXT = 3
# Below this many lines on either side a block is shown as it is; comparing would cost more than it tells.
_SMALL = 3

Lines = list[bytes]


class Line(NamedTuple):
    """A line of a hunk: ``mark`` is a space, ``-`` or ``+``; ``text`` has its line end, if it has one."""

    mark: bytes
    text: bytes


class Hunk(NamedTuple):
    """Neighbouring changed lines with their context, at 0-based positions in the old and the new file."""

    place: Block
    lines: list[Line]

    @property
    def header(self) -> str:
        """Give the ``@@`` line without its line end."""
        old_start, old_end, new_start, new_end = self.place
        return f"@@ -{_range(old_start, old_end)} +{_range(new_start, new_end)} @@"


def _range(start: int, end: int) -> str:
    """Write a range as the unified format does: an empty one is named by the line before it."""
    count = end - start
    return f"{start + 1 if count else start}" + ("" if count == 1 else f",{count}")


def hunks(change: Change) -> list[Hunk]:
    """Give the hunks of a change, in order; none if only the file's existence changes."""
    old, new = split_lines(change.before or b""), split_lines(change.after or b"")
    blocks = changed_blocks(change, old, new)
    return [_hunk(group, old, new) for group in _groups(blocks)]


def split_lines(data: bytes) -> Lines:
    """Split after line feeds only, as git does."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def changed_blocks(change: Change, old: Lines, new: Lines) -> list[Block]:
    """Give the blocks that really differ, as small as can be.

    The change's own blocks are used where they are sound for lines as git counts them; else the files
    are compared.
    """
    blocks = _fitted(change.blocks, old, new) if _is_plain(change) else None
    if blocks is None:
        blocks = [Block(0, len(old), 0, len(new))]
    return [small for block in blocks for small in _refined(block, old, new)]


def _is_plain(change: Change) -> bool:
    """Whether Python and git agree on where lines end: no carriage return stands alone."""
    sides = (change.before or b"", change.after or b"")
    return bool(change.blocks) and all(s.count(b"\r") == s.count(b"\r\n") for s in sides)


def _fitted(blocks: Sequence[Block], old: Lines, new: Lines) -> list[Block] | None:
    """Cut the blocks to the files' lengths; None unless everything between them is equal."""
    fitted: list[Block] = []
    end = Block(len(old), len(old), len(new), len(new))
    old_line = new_line = 0
    for block in (*blocks, end):
        cut = Block(*map(min, block, (len(old), len(old), len(new), len(new))))
        if old[old_line : cut.old_start] != new[new_line : cut.new_start]:
            return None
        if cut.old_start < old_line or cut.new_start < new_line:
            return None
        fitted.append(cut)
        old_line, new_line = cut.old_end, cut.new_end
    return fitted


def _refined(block: Block, old: Lines, new: Lines) -> Iterator[Block]:
    """Take equal lines off both ends, and compare what is left when it is large."""
    start, old_end, new_start, new_end = block
    while start < old_end and new_start < new_end and old[start] == new[new_start]:
        start, new_start = start + 1, new_start + 1
    while start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
        old_end, new_end = old_end - 1, new_end - 1
    heights = old_end - start, new_end - new_start
    if min(heights) > _SMALL:
        yield from _compared(Block(start, old_end, new_start, new_end), old, new)
    elif max(heights):
        yield Block(start, old_end, new_start, new_end)


def _compared(block: Block, old: Lines, new: Lines) -> Iterator[Block]:
    from difflib import SequenceMatcher  # noqa: PLC0415 - most changes need no comparison

    left, right = old[block.old_start : block.old_end], new[block.new_start : block.new_end]
    for tag, a, b, c, d in SequenceMatcher(None, left, right).get_opcodes():
        if tag != "equal":
            yield Block(block.old_start + a, block.old_start + b, block.new_start + c, block.new_start + d)


def _groups(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Put blocks together whose contexts touch."""
    group: list[Block] = []
    for block in blocks:
        if group and block.old_start - group[-1].old_end > 2 * CONTEXT:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _hunk(group: Sequence[Block], old: Lines, new: Lines) -> Hunk:
    first, last = group[0], group[-1]
    before = min(CONTEXT, first.old_start)
    after = min(CONTEXT, len(old) - last.old_end)
    place = Block(
        first.old_start - before, last.old_end + after, first.new_start - before, last.new_end + after
    )
    lines: list[Line] = []
    position = place.old_start
    for block in group:
        lines += [Line(b" ", text) for text in old[position : block.old_start]]
        lines += [Line(b"-", text) for text in old[block.old_start : block.old_end]]
        lines += [Line(b"+", text) for text in new[block.new_start : block.new_end]]
        position = block.old_end
    lines += [Line(b" ", text) for text in old[position : place.old_end]]
    return Hunk(place, lines)
