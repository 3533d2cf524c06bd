"""Turns what was typed into Python values without pydantic.

Recent versions of typer check every value by pydantic, whose import takes longer than planning a file does.
The few kinds of value that this command line has are converted here; what has no hook is left to typer.
"""

from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

_KNOWN = (str, int, Path)


class PlainCommand(TyperCommand):
    """A command whose values are converted here."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Give the parameters, hooked; every use of them comes through here."""
        return convert_here(super().get_params(ctx))


class PlainGroup(TyperGroup):
    """A group of commands whose own values are converted here."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Give the parameters, hooked; every use of them comes through here."""
        return convert_here(super().get_params(ctx))


def convert_here(params: list[Any]) -> list[Any]:
    """Hook into the parameters that have typer's hook, and values of a known kind."""
    for param in params:
        kind = _kind(getattr(getattr(param, "type_descriptor", None), "annotation", None))
        if kind and hasattr(param, "get_runtime_param"):
            conversion = _Conversion(kind, getattr(param.type_descriptor.parameter_info, "min", None))
            param.get_runtime_param = conversion.itself
        if param.param_type_name == "argument":
            param.display_type_rich = _untyped
    return params


def _untyped(ctx: Any) -> None:
    """Show no Python type beside an argument's name: ``PATHS``, not ``PATHS <list[Path]>``."""


def _kind(annotation: Any) -> type | None:
    """Find what a single value becomes; None if it is not for this module."""
    if get_origin(annotation) in {Union, UnionType}:
        members = [member for member in get_args(annotation) if member is not NoneType]
        return _kind(members[0]) if len(members) == 1 else None
    if get_origin(annotation) is list:
        return _kind(get_args(annotation)[0])
    is_known = isinstance(annotation, type) and (
        annotation in (*_KNOWN, bool) or issubclass(annotation, Enum)
    )
    return annotation if is_known else None


class _Conversion:
    """Stands where typer expects its own runtime parameter."""

    def __init__(self, kind: type, minimum: float | None) -> None:
        self._kind = kind
        self._minimum = minimum

    def itself(self) -> "_Conversion":
        return self

    def coerce(self, value: Any, *, param: Any, ctx: Any) -> Any:
        """Convert a value or a list of them; raises BadParameter."""
        if isinstance(value, (list, tuple)):
            return [self.coerce(item, param=param, ctx=ctx) for item in value]
        if value is None or isinstance(value, (self._kind, bool)):
            return self._checked(value, param, ctx)
        if self._kind is Path and not value:  # a script's unset variable must not mean the current folder
            raise typer.BadParameter(self._complaint(value), ctx=ctx, param=param)
        try:
            return self._checked(self._kind(value), param, ctx)
        except ValueError:
            raise typer.BadParameter(self._complaint(value), ctx=ctx, param=param) from None

    def _checked(self, value: Any, param: Any, ctx: Any) -> Any:
        if self._minimum is not None and value is not None and value < self._minimum:
            raise typer.BadParameter(f"{value} is less than {self._minimum}.", ctx=ctx, param=param)
        return value

    def _complaint(self, value: object) -> str:
        if issubclass(self._kind, Enum):
            names = " or ".join(repr(member.value) for member in self._kind)
            return f"{value!r} is not {names}."
        return f"{value!r} is not a {'number' if self._kind is int else 'path'}."
