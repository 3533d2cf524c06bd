"""Whether an expression is certainly a string, or certainly none."""

from __future__ import annotations

import ast

from reassert.syntax.context import Context

_STRING_MAKERS = frozenset({"str", "repr", "ascii", "format", "chr", "hex", "oct", "bin"})
_STRING_FUNCTIONS = frozenset({"traceback.format_exc", "textwrap.dedent", "textwrap.indent", "os.fspath"})
_STRING_METHODS = frozenset(
    {
        "format",
        "format_map",
        "join",
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "title",
        "capitalize",
        "replace",
    }
)
_TRUTHS = frozenset({"bool", "isinstance", "issubclass", "hasattr", "callable", "any", "all", "len", "int"})
_TRUTH_METHODS = frozenset({"startswith", "endswith", "exists", "isfile", "isdir", "islink", "isdigit"})
_NO_STRINGS = (ast.Compare, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp)
_DEPTH = 4


def is_text(context: Context, node: ast.expr, depth: int = _DEPTH) -> bool:
    """Whether ``node`` is certainly a ``str``."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, (ast.Add, ast.Mod)) and is_text(context, node.left, depth)
    if isinstance(node, ast.Call):
        return _makes_text(context, node, depth)
    outcomes = _outcomes(context, node)
    if outcomes is not None:
        return depth > 0 and bool(outcomes) and all(is_text(context, o, depth - 1) for o in outcomes)
    return isinstance(node, ast.JoinedStr)


def _outcomes(context: Context, node: ast.expr) -> list[ast.expr] | None:
    """What a conditional expression or a name may stand for; None for other expressions."""
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    return _values(context, node) if isinstance(node, ast.Name) else None


def _makes_text(context: Context, node: ast.Call, depth: int) -> bool:
    if isinstance(node.func, ast.Name) and node.func.id in _STRING_MAKERS:
        return node.func.id not in context.module.rebound
    if context.module.resolve(node.func) in _STRING_FUNCTIONS:
        return True
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in _STRING_METHODS:
        return False
    return is_text(context, node.func.value, depth)


def is_no_text(context: Context, node: ast.expr, depth: int = _DEPTH) -> bool:
    """Whether ``node`` is certainly no ``str``."""
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, str)
    if isinstance(node, ast.Call):
        return _is_truth(context, node)
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        return is_no_text(context, node.operand, depth)
    outcomes = _outcomes(context, node)
    if outcomes is not None:
        return depth > 0 and bool(outcomes) and all(is_no_text(context, o, depth - 1) for o in outcomes)
    return isinstance(node, (*_NO_STRINGS, ast.UnaryOp))


def _is_truth(context: Context, node: ast.Call) -> bool:
    if isinstance(node.func, ast.Name):
        return node.func.id in _TRUTHS and node.func.id not in context.module.rebound
    return isinstance(node.func, ast.Attribute) and node.func.attr in _TRUTH_METHODS


def _values(context: Context, name: ast.Name) -> list[ast.expr]:
    """Everything that the file assigns to a name; nothing if it gets values in another way, too."""
    module = context.module
    if name.id in module.imports or name.id in _parameters(context, name):
        return []
    values: list[ast.expr] = []
    for node in module.names[name.id]:
        parent = module.parents[node]
        if isinstance(node.ctx, ast.Store):
            if not isinstance(parent, (ast.Assign, ast.AnnAssign)) or parent.value is None:
                return []
            values.append(parent.value)
    return values


def _parameters(context: Context, name: ast.Name) -> set[str]:
    functions = (
        a
        for a in context.module.ancestors(name)
        if isinstance(a, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    )
    return {a.arg for f in functions for a in ast.walk(f.args) if isinstance(a, ast.arg)}
