"""Edits as spans of the original buffer, and the splice that applies them.

An edit replaces ``[start, end)`` by its parts. A part is either new bytes or a ``Span``: a piece of
the *original* buffer, which is rendered with the edits that lie inside it (``Moved``: then indented anew).
So an edit may wrap, reorder or move original text; the edits within that text still happen, at its new place.
Invariants: two edits never overlap partially; what no edit covers cannot change.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple


class Span(NamedTuple):
    """A piece of the original buffer, byte offsets, half open."""

    start: int
    end: int


@dataclass(frozen=True)
class Moved:
    """A piece of the original buffer whose text, edits inside included, is then changed as a whole.

    ``move`` may only change white space: what indents the lines.
    """

    span: Span
    move: Callable[[bytes], bytes]

    @property
    def start(self) -> int:
        """Where the piece begins."""
        return self.span.start

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.span.end


Part = bytes | Span | Moved


@dataclass(frozen=True)
class Unit:
    """What a person can accept or reject: a rule at a class, a function or a configuration key."""

    rule_id: str
    qualname: str


@dataclass(frozen=True)
class Edit:
    """Replace ``[start, end)`` of the original buffer by ``parts``.

    ``requires`` names the class that must become a plain class for this edit to happen (None: always; ``*``:
    every TestCase class of the file must).
    ``imports`` are the modules or ``module.name`` that the new text uses.
    ``swallows`` says that edits inside ``[start, end)`` may vanish with the text they edit, ``apart`` that
    new text is not part of what begins at its place, and stays if that goes.
    """

    start: int
    end: int
    parts: tuple[Part, ...]
    unit: Unit
    requires: str | None = None
    imports: frozenset[str] = field(default_factory=frozenset)
    swallows: bool = False
    apart: bool = False

    @property
    def brings(self) -> bool:
        """Whether it only puts text here that belongs to nothing that begins here, as what moves."""
        if self.start != self.end:
            return False
        return self.apart or any(isinstance(part, (Span, Moved)) for part in self.parts)


class Block(NamedTuple):
    """A changed stretch of lines: 0-based, half open, in the old and in the new text."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


class OverlapError(ValueError):
    """Two edits overlap without one containing the other: a defect in a codemod."""


class Splice:
    """Renders a buffer under a set of edits; raises OverlapError when they cannot be nested."""

    def __init__(self, buffer: bytes, edits: Iterable[Edit]) -> None:
        self.buffer = buffer
        self.edits = _parted(buffer, sorted(edits, key=lambda e: (e.start, not e.brings, -e.end)))
        self._starts = [e.start for e in self.edits]
        self._rendered: set[int] = set()
        self._length = 0
        self.kept: list[Span] = []
        self.places: list[int] = []

    def top_level(self, span: Span, parent: Edit | None = None) -> list[Edit]:
        """The outermost edits that lie within ``span``, in order; ``parent`` itself is not one.

        An insertion at the end of a span lies outside it, unless the span is the end of the buffer; one that
        brings text from elsewhere lies outside at its start, too.
        """
        found: list[Edit] = []
        reach = span.start
        last = span.end + (span.end == len(self.buffer))
        for index in range(bisect_left(self._starts, span.start), len(self.edits)):
            edit = self.edits[index]
            if edit.start >= last:
                break
            if edit is parent or edit.end > span.end or _is_apart(edit, span, parent):
                continue
            if edit.start < reach:
                if edit.end > reach:
                    raise OverlapError(f"{edit.unit} overlaps {found[-1].unit} at byte {edit.start}")
                continue
            found.append(edit)
            reach = max(reach, edit.end)
        return found

    def render(self, span: Span, out: list[bytes], parent: Edit | None = None) -> None:
        """Append to ``out`` the text of ``span`` with the edits inside it applied."""
        position = span.start
        for edit in self.top_level(span, parent):
            self.keep(position, edit.start, out)
            self.render_edit(edit, out)
            position = edit.end
        self.keep(position, span.end, out)

    def render_edit(self, edit: Edit, out: list[bytes]) -> None:
        """Append to ``out`` what takes the place of ``edit``."""
        self._rendered.add(id(edit))
        for part in edit.parts:
            if isinstance(part, bytes):
                out.append(part)
                self._length += len(part)
            elif isinstance(part, Moved):
                self._render_moved(part, out, edit)
            else:
                self.render(part, out, edit)

    def _render_moved(self, part: Moved, out: list[bytes], edit: Edit) -> None:
        """Text whose lines get another indentation; the places inside are then those without it."""
        inside: list[bytes] = []
        begin, first = self._length, len(self.places)
        self.render(part.span, inside, edit)
        moved = part.move(b"".join(inside))
        out.append(moved)
        self._length = begin + len(moved)
        self.places[first:] = [min(place, self._length) for place in self.places[first:]]

    def keep(self, start: int, end: int, out: list[bytes]) -> None:
        """Append original bytes, and remember that they survived."""
        if start < end:
            self.kept.append(Span(start, end))
            self.places.append(self._length)
            self._length += end - start
            out.append(self.buffer[start:end])

    def check_complete(self) -> None:
        """Raise OverlapError if an edit was lost inside another one that does not swallow.

        Text from elsewhere must not be lost with what is swallowed.
        """
        swallowing = [e for e in self.edits if e.swallows]
        for edit in self.edits:
            if id(edit) not in self._rendered and not any(
                o is not edit and o.start <= edit.start and edit.end <= o.end and _is_own(edit, o)
                for o in swallowing
            ):
                raise OverlapError(f"{edit.unit} at byte {edit.start} is lost inside another edit")


def _parted(buffer: bytes, edits: list[Edit]) -> list[Edit]:
    """The edits, none of them removing the blank lines between two things that go a second time.

    What is removed first in a block takes the blank lines behind it along, what is removed elsewhere those
    before it. A whole run that is removed then takes those behind its last one.
    """
    found: list[Edit] = []
    gone: Edit | None = None  # the removal that reaches furthest so far
    for edit in edits:
        if edit.swallows and not edit.parts:
            if gone is not None and _shares_blank_lines(buffer, gone, edit):
                edit = replace(edit, start=gone.end, end=skip_blank_lines(buffer, edit.end))  # noqa: PLW2901 - its remainder
            gone = edit if gone is None or edit.end > gone.end else gone
        found.append(edit)
    return found


def _shares_blank_lines(buffer: bytes, first: Edit, second: Edit) -> bool:
    """Whether the first removal took the blank lines before the second one along."""
    *_, last_line = buffer[first.start : first.end].splitlines() or [b"-"]
    follows = first.start < second.start <= first.end < second.end
    return follows and not (buffer[second.start : first.end] + last_line).strip()


def skip_blank_lines(buffer: bytes, offset: int) -> int:
    """Offset of the first line at or after ``offset`` that is not blank."""
    position = offset
    while position < len(buffer):
        newline = buffer.find(b"\n", position)
        stop = len(buffer) if newline < 0 else newline + 1
        if buffer[position:stop].strip():
            return position
        position = stop
    return position


def _is_apart(edit: Edit, span: Span, parent: Edit | None) -> bool:
    """Whether an edit in ``span``, a part of ``parent``, is about the place of that text and not about it.

    It removes at the old place just what ``parent`` has at the new one, or puts other text in front of it.
    """
    if parent is None:
        return False
    if edit.brings and edit.start == span.start:
        return not parent.start < span.start < parent.end
    return not edit.parts and (edit.start, edit.end) == span


def _is_own(edit: Edit, outer: Edit) -> bool:
    """Whether what an edit has of the buffer lies inside of ``outer``, which removes it."""
    spans = (part for part in edit.parts if isinstance(part, (Span, Moved)))
    return all(outer.start <= span.start and span.end <= outer.end for span in spans)


@dataclass(frozen=True)
class Spliced:
    """The new buffer, and the original spans that survive in it.

    ``places`` are where these spans begin in the new buffer, ``pieces`` what was replaced of the old one.
    """

    buffer: bytes
    kept: list[Span]
    places: list[int]
    old: bytes
    pieces: list[tuple[Edit, bytes]]

    @cached_property
    def blocks(self) -> list[Block]:
        """The changed lines."""
        found: list[Block] = []
        position = old_line = new_line = 0
        for edit, new in self.pieces:
            height = line_ends(self.old[position : edit.start])
            old_line, new_line = old_line + height, new_line + height
            old_height, new_height = line_ends(self.old[edit.start : edit.end]), line_ends(new)
            _add_block(found, Block(old_line, old_line + old_height + 1, new_line, new_line + new_height + 1))
            old_line, new_line = old_line + old_height, new_line + new_height
            position = edit.end
        return found


def splice(buffer: bytes, edits: Sequence[Edit]) -> Spliced:
    """Apply ``edits`` to ``buffer``; raises OverlapError."""
    work = Splice(buffer, edits)
    out: list[bytes] = []
    pieces: list[tuple[Edit, bytes]] = []
    position = 0
    for edit in work.top_level(Span(0, len(buffer))):
        work.keep(position, edit.start, out)
        piece: list[bytes] = []
        work.render_edit(edit, piece)
        new = b"".join(piece)
        out.append(new)
        pieces.append((edit, new))
        position = edit.end
    work.keep(position, len(buffer), out)
    work.check_complete()
    return Spliced(b"".join(out), work.kept, work.places, buffer, pieces)


def line_ends(piece: bytes) -> int:
    """How many lines end in ``piece``, as Python counts them."""
    returns = piece.count(b"\r") - piece.count(b"\r\n") if b"\r" in piece else 0
    return piece.count(b"\n") + returns


def _add_block(blocks: list[Block], block: Block) -> None:
    if blocks and block.old_start < blocks[-1].old_end:
        last = blocks.pop()
        grown = block.old_end - last.old_end, block.new_end - last.new_end
        block = Block(last.old_start, last.old_end + grown[0], last.new_start, last.new_end + grown[1])
    blocks.append(block)
