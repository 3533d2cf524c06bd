"""Messages of assertions: ``assert`` evaluates them only when it fails, unittest evaluated them always."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from reassert.syntax.arguments import Argument, is_pure
from reassert.syntax.context import Context
from reassert.syntax.types import static_type

_TELLING = re.compile(
    r"(^|_)(msg|message|reason|error|err|text|desc|description|info|note|hint|label|explanation)s?(_|\d*$)",
    re.IGNORECASE,
)


def message_of(bound: Mapping[str, Argument], parameter: str = "msg") -> Argument | None:
    """The message among bound arguments; a literal ``None`` is no message."""
    message = bound.get(parameter)
    if message is None or (isinstance(message.node, ast.Constant) and message.node.value is None):
        return None
    return message


def may_be_late(message: Argument) -> bool:
    """Whether nobody can tell that the message is evaluated late or not at all."""
    return is_pure(message.node)


def is_stringish(context: Context, message: Argument) -> bool:
    """Whether an argument looks like a message rather than like a value that was meant to be compared."""
    node = message.node
    if static_type(context, node) == "str":
        return True
    if isinstance(node, ast.BinOp):
        return static_type(context, node.left) == "str" or static_type(context, node.right) == "str"
    if isinstance(node, ast.Call):
        return getattr(node.func, "attr", "") in ("format", "join") or _is_telling(node.func)
    return _is_telling(node)


def _is_telling(node: ast.expr) -> bool:
    name = getattr(node, "id", "") or getattr(node, "attr", "")
    return _TELLING.search(name) is not None or name in ("_", "gettext")
