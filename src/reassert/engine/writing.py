"""Applies edits to one file and proves that the result is Python."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from symtable import symtable

from reassert.engine.bodies import with_bodies
from reassert.engine.imports import import_edits
from reassert.model.edits import Edit, OverlapError, Spliced, splice
from reassert.model.outcomes import Failed
from reassert.model.source import SourceFile
from reassert.syntax.context import Context


@dataclass(frozen=True)
class Written:
    """A file with ``edits`` applied, those of its imports among them."""

    data: bytes
    spliced: Spliced
    edits: Sequence[Edit]


def written(context: Context, wanted: Sequence[Edit]) -> Written | Failed:
    """What the file becomes; ``Failed`` where edits cross or the result would not parse."""
    source = context.source
    edits = with_bodies(context, wanted)
    try:
        first = splice(source.buffer, edits)
        more = import_edits(context, edits, first.kept)
        edits = [*more, *edits]  # before what else is new at the same place
        done = splice(source.buffer, edits) if more else first
        data = source.with_buffer(done.buffer)
        _check(source, done)
    except OverlapError as error:
        return Failed(source.path, f"internal error, the file is left as it was: {error}")
    except SyntaxError as error:
        return Failed(
            source.path, f"internal error, the file is left as it was: the result would not parse: {error}"
        )
    return Written(data, done, edits)


def _check(source: SourceFile, done: Spliced) -> None:
    """The proof that what will be written is Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = done.buffer.decode()
        try:
            symtable(text, str(source.path), "exec")  # parses without making a tree: a third quicker
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            ast.parse(text, str(source.path))  # the file itself may be one that parses and does not compile
