"""What can be told of an expression's type, and of the elements in it, without running anything.

A type is given as the name of a builtin (``list``, ``str`` ...), ``NoneType`` or ``re.Pattern``. It is what
``isinstance`` would agree to. Everything that is not certain is None.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode, Module, ScopeNode

_SETS = ("set", "frozenset")
NUMBERS = frozenset({"int", "float", "bool"})
_DEPTH = 8

_DISPLAYS: Mapping[type[ast.AST], str] = {
    ast.List: "list",
    ast.ListComp: "list",
    ast.Tuple: "tuple",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.JoinedStr: "str",
    ast.GeneratorExp: "generator",
}
# Builtins that always give an instance of one builtin type.
_BUILTINS = {
    **{name: name for name in ("list", "tuple", "set", "frozenset", "dict", "str", "bytes", "range")},
    **{name: name for name in ("int", "float", "bool")},
    **dict.fromkeys(("sorted", "dir"), "list"),
    **dict.fromkeys(("repr", "ascii", "hex", "oct", "bin", "chr", "format"), "str"),
    **dict.fromkeys(("len", "ord", "hash"), "int"),
    **dict.fromkeys(("isinstance", "callable", "hasattr"), "bool"),
}
# What no module that is worth a star import redefines; numpy has its own round, future its own list.
_UNTOUCHED = frozenset({"isinstance", "issubclass", "hasattr", "callable", "sorted", "repr", "len"})
_FUNCTIONS = {
    "re.compile": "re.Pattern",
    "json.dumps": "str",
    "textwrap.dedent": "str",
    "pprint.pformat": "str",
    "datetime.timedelta": "datetime.timedelta",
}
_INTEGER_MATH = frozenset({"comb", "factorial", "gcd", "isqrt", "lcm", "perm"})
_FLOAT_MATH = frozenset(
    {"acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "sin", "sinh", "tan", "tanh"}
    | {
        "cbrt",
        "exp",
        "exp2",
        "expm1",
        "log",
        "log10",
        "log1p",
        "log2",
        "pow",
        "sqrt",
        "hypot",
        "dist",
        "fsum",
    }
    | {
        "copysign",
        "degrees",
        "radians",
        "erf",
        "erfc",
        "fabs",
        "fmod",
        "gamma",
        "lgamma",
        "ldexp",
        "remainder",
    }
)
_FLOAT_CONSTANTS = frozenset({"math.pi", "math.e", "math.tau"})
_STR_TO_STR = frozenset(
    {
        "capitalize",
        "casefold",
        "lower",
        "swapcase",
        "title",
        "upper",
        "format",
        "format_map",
        "join",
        "replace",
    }
    | {"center", "expandtabs", "ljust", "rjust", "zfill", "lstrip", "rstrip", "strip", "translate"}
    | {"removeprefix", "removesuffix"}
)
_STR_TO_LIST = frozenset({"split", "rsplit", "splitlines"})
_SAME = {
    "list": ("copy",),
    "dict": ("copy",),
    "set": ("copy", "union", "difference", "intersection", "symmetric_difference"),
}


@lru_cache(maxsize=4)
def bound_names(module: Module) -> frozenset[str]:
    """Every name that anything in the file binds, in whatever scope; ``*`` if there is a star import."""
    return frozenset({*module.rebound, *module.imports, *module.parameters, *_declared(module)})


def is_builtin(module: Module, name: str) -> bool:
    """Whether ``name`` means the builtin wherever the file uses it."""
    bound = bound_names(module)
    return hasattr(builtins, name) and name not in bound and ("*" not in bound or name in _UNTOUCHED)


def static_type(context: Context, node: ast.expr, depth: int = _DEPTH) -> str | None:
    """The builtin type that ``node`` surely is an instance of, or None."""
    if depth == 0:
        return None
    if isinstance(node, ast.Constant):
        return type(node.value).__name__
    if type(node) in _DISPLAYS:
        return _DISPLAYS[type(node)]
    find = _FINDERS.get(type(node))
    return find(context, node, depth - 1) if find else None


def is_number(context: Context, node: ast.expr) -> bool:
    """Whether ``node`` surely is an int or a float, and no bool."""
    return static_type(context, node) in ("int", "float")


# Operators of which the compiler makes constants, and which do not fail on what they take.
_FOLDED = frozenset({ast.Add, ast.Sub, ast.Mult, ast.Pow, ast.LShift})


def is_folded(context: Context, node: ast.expr) -> bool:
    """Whether an expression is arithmetic with constants (``2**31 - 1``, ``b"x" * 10``) that cannot fail."""
    inner = [n for n in ast.walk(node) if isinstance(n, ast.expr)]
    if not all(isinstance(n, (ast.Constant, ast.BinOp, ast.UnaryOp)) for n in inner):
        return False
    operators = {type(n.op) for n in inner if isinstance(n, ast.BinOp)}
    types = {static_type(context, n) for n in inner}
    overflows = "float" in types and not operators.isdisjoint((ast.Pow, ast.LShift))
    return operators <= _FOLDED and None not in types and not overflows


def _of_name(context: Context, node: ast.expr, depth: int) -> str | None:
    assert isinstance(node, ast.Name)  # noqa: S101 - the table of finders
    value = assigned_value(context, node)
    return static_type(context, value, depth) if value is not None else None


def _of_attribute(context: Context, node: ast.expr, depth: int) -> str | None:  # noqa: ARG001 - as the others
    return "float" if context.module.resolve(node) in _FLOAT_CONSTANTS else None


def _of_unary(context: Context, node: ast.expr, depth: int) -> str | None:
    assert isinstance(node, ast.UnaryOp)  # noqa: S101 - the table of finders
    if isinstance(node.op, ast.Not):
        return "bool"
    inner = static_type(context, node.operand, depth)
    return {"int": "int", "float": "float", "bool": "int"}.get(inner or "")


def _of_binary(context: Context, node: ast.expr, depth: int) -> str | None:
    assert isinstance(node, ast.BinOp)  # noqa: S101 - the table of finders
    left, right = static_type(context, node.left, depth), static_type(context, node.right, depth)
    if left in NUMBERS and right in NUMBERS:
        # An exponent that is written out is not negative: a minus sign is an operator.
        if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and right == "int":
            return "float" if left == "float" else "int"
        return _of_arithmetic(node.op, left, right)
    return left if _keeps_type(node.op, left, right) else None


def _keeps_type(op: ast.operator, left: str | None, right: str | None) -> bool:
    """Whether an operator on something that is no number gives what its left side is."""
    if isinstance(op, ast.Mod):
        return left in ("str", "bytes")
    if isinstance(op, ast.Add):
        return left == right and left in ("str", "bytes", "list", "tuple")
    if isinstance(op, ast.Mult):
        return right == "int" and left in ("str", "bytes", "list", "tuple")
    return isinstance(op, (ast.BitOr, ast.BitAnd, ast.BitXor, ast.Sub)) and left == right and left in _SETS


def _of_arithmetic(op: ast.operator, left: str | None, right: str | None) -> str | None:
    if isinstance(op, ast.Div):
        return "float"
    if isinstance(op, ast.Pow):
        return None
    if isinstance(op, (ast.LShift, ast.RShift)):
        return "int" if "float" not in (left, right) else None
    if isinstance(op, (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)):
        return "float" if "float" in (left, right) else "int"
    return None


def _of_call(context: Context, node: ast.expr, depth: int) -> str | None:
    assert isinstance(node, ast.Call)  # noqa: S101 - the table of finders
    if (
        isinstance(node.func, ast.Name)
        and node.func.id in _BUILTINS
        and is_builtin(context.module, node.func.id)
    ):
        return _BUILTINS[node.func.id]
    dotted = context.module.resolve(node.func)
    if dotted is not None:
        return _FUNCTIONS.get(dotted) or _of_math(dotted)
    return _of_method(context, node, depth)


def _of_math(dotted: str) -> str | None:
    module, _, name = dotted.rpartition(".")
    if module != "math":
        return None
    return "int" if name in _INTEGER_MATH else "float" if name in _FLOAT_MATH else None


def _of_method(context: Context, node: ast.Call, depth: int) -> str | None:
    if not isinstance(node.func, ast.Attribute):
        return None
    receiver, name = static_type(context, node.func.value, depth), node.func.attr
    if receiver == "str":
        if name == "encode":
            return "bytes"
        return "str" if name in _STR_TO_STR else "list" if name in _STR_TO_LIST else None
    if receiver == "bytes" and name == "decode":
        return "str"
    return receiver if receiver and name in _SAME.get(receiver, ()) else None


_Finder = Callable[[Context, ast.expr, int], "str | None"]
_FINDERS: Mapping[type[ast.AST], _Finder] = {
    ast.Name: _of_name,
    ast.Attribute: _of_attribute,
    ast.UnaryOp: _of_unary,
    ast.BinOp: _of_binary,
    ast.Call: _of_call,
}


# -- names that are bound once -------------------------------------------------------------------------------


def assigned_value(context: Context, name: ast.Name) -> ast.expr | None:
    """What a name's only assignment bound it to: in the function around it, or at the top of the file."""
    module = context.module
    if name.id not in module.bindings:
        return None
    scope = module.enclosing_function(name)
    if scope is not None and (value := _only_binding(module, scope, name.id)) is not None:
        return value
    if any(isinstance(a, (FunctionNode, ast.Lambda)) and _binds(a, name.id) for a in module.ancestors(name)):
        return None
    return _module_constant(module, name.id)


def _only_binding(module: Module, scope: FunctionNode, name: str) -> ast.expr | None:
    stores = [n for n in module.bindings.get(name, ()) if module.enclosing_function(n) is scope]
    if len(stores) != 1 or name in _declared_in(scope):
        return None
    return _plainly_assigned(module, stores[0])


def _plainly_assigned(module: Module, store: ast.Name) -> ast.expr | None:
    parent = module.parents[store]
    if isinstance(module.parents.get(parent), ast.ClassDef):
        return None
    if isinstance(parent, ast.Assign) and parent.targets == [store]:
        return parent.value
    return parent.value if isinstance(parent, ast.AnnAssign) and parent.target is store else None


@lru_cache(maxsize=4)
def _declared(module: Module) -> frozenset[str]:
    declaring = (node for kind in _DECLARING for node in module.of(kind))
    return frozenset(name for node in declaring for name in _special_names(node))


@lru_cache(maxsize=64)
def _declared_in(scope: ast.AST) -> frozenset[str]:
    """What a parameter, an import, a declaration, a nested function or a handler binds."""
    return frozenset(
        name
        for node in ast.walk(scope)
        if type(node) in _DECLARING or type(node) is ast.arg
        for name in _special_names(node)
    )


def _special_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
        yield node.name or ""
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, (ast.MatchAs, ast.MatchStar)):
        yield node.name or ""
    elif isinstance(node, ast.MatchMapping):
        yield node.rest or ""


_DECLARING: frozenset[type[ast.AST]] = frozenset(
    {
        ast.Global,
        ast.Nonlocal,
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.ExceptHandler,
        ast.alias,
    }
    | {ast.MatchAs, ast.MatchStar, ast.MatchMapping}
)


def _binds(scope: ScopeNode, name: str) -> bool:
    return name in _declared_in(scope) or name in _stored_in(scope)


@lru_cache(maxsize=64)
def _stored_in(scope: ast.AST) -> frozenset[str]:
    return frozenset(n.id for n in ast.walk(scope) if type(n) is ast.Name and not isinstance(n.ctx, ast.Load))


def _module_constant(module: Module, name: str) -> ast.expr | None:
    stores = module.bindings.get(name, ())
    if len(stores) != 1 or name in module.imports or module.enclosing_function(stores[0]) is not None:
        return None
    if module.parents[stores[0]] not in module.tree.body or name in _declared(module):
        return None
    return _plainly_assigned(module, stores[0])


# -- elements ------------------------------------------------------------------------------------------------


def element_kind(context: Context, node: ast.expr) -> str | None:
    """What a literal holds: ``str``, ``bytes`` or ``number`` if it is all of one kind, else ``hashable``.

    None if nobody knows, or if it holds something that is no constant.
    """
    if isinstance(node, ast.Name):
        value = assigned_value(context, node)
        return element_kind(context, value) if isinstance(value, ast.Tuple) else None
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        kinds = {constant_kind(e) for e in node.elts}
        if not kinds or None in kinds:
            return None
        return kinds.pop() if len(kinds) == 1 else "hashable"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        text = static_type(context, node.func.value)
        return text if text in ("str", "bytes") and node.func.attr in _STR_TO_LIST else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        return "number" if is_builtin(context.module, "range") else None
    return None


def constant_kind(node: ast.expr) -> str | None:
    """``str``, ``bytes``, ``number`` or ``hashable`` for a constant (which is never NaN), else None."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return "number" if constant_kind(node.operand) == "number" else None
    if isinstance(node, ast.Tuple):
        return "hashable" if all(constant_kind(e) for e in node.elts) else None
    if not isinstance(node, ast.Constant):
        return None
    if isinstance(node.value, (int, float)):
        return "number"
    return type(node.value).__name__ if isinstance(node.value, (str, bytes)) else "hashable"
