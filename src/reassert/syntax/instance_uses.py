"""What the methods of a class do with the test instance that only a TestCase can do."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from reassert.syntax.assertions import redefinition
from reassert.syntax.classes import ClassInfo, Use, dotted_name
from reassert.syntax.context import Context
from reassert.syntax.module import imported_names
from reassert.syntax.setup_chain import Problem
from reassert.syntax.testcase_api import API, DEAD_ALIASES, LEGACY_ASSERTIONS


def left_over(context: Context, info: ClassInfo) -> Iterator[Use]:
    """The assertion methods that no codemod took care of and that another instance of TestCase gives as well.

    What they use of the instance is other assertion methods and settings (Lib/unittest/case.py).
    """
    for use in info.uses.attributes:
        if id(use.node) not in context.handled and is_left_over(context, info, use):
            yield use


def is_left_over(context: Context, info: ClassInfo, use: Use) -> bool:
    """Whether ``unittest.TestCase().name`` can stand for ``self.name``."""
    if use.name in info.inherited or not _any_instance_has(context, info, use.name):
        return False
    if use.through_class or use.method in info.uses.rebound or not isinstance(use.node.ctx, ast.Load):
        return False
    in_text = any(isinstance(a, ast.JoinedStr) for a in context.module.ancestors(use.node))
    return not (in_text and sys.version_info < (3, 12)) and redefinition(context, info, use.name) is None


def _any_instance_has(context: Context, info: ClassInfo, name: str) -> bool:
    """Whether a method is the same on any TestCase: unittest's own, or one that a file put there."""
    known = LEGACY_ASSERTIONS - DEAD_ALIASES | {"skipTest"} | info.respelled
    addition = context.facts.additions.get(name)
    if addition is None:
        return name in known
    if local_name(context, addition.dotted) is None or not addition.uses <= known:
        return False
    return all(redefinition(context, info, used) is None for used in addition.uses)


def local_name(context: Context, dotted: str) -> str | None:
    """The name that an import of the module binds to ``dotted``."""
    for node in context.module.tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias, (local, target) in zip(node.names, imported_names(node), strict=True):
                if target == dotted and alias.name == dotted.rpartition(".")[2]:
                    return local if local not in context.module.rebound else None
    return None


def instance_problems(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """Uses of TestCase's interface that no codemod converts."""
    inherited = info.inherited
    for use in info.uses.attributes:
        if id(use.node) in context.handled or is_left_over(context, info, use):
            continue
        if use.name in API and use.name not in inherited:
            code = "B-INTERNALS" if use.name not in LEGACY_ASSERTIONS else "A-EXPR"
            yield Problem(info, code, use.node, f"self.{use.name} is left, which only a TestCase has")
        elif use.name in ("__class__", "__dict__") and isinstance(use.node.ctx, ast.Store):
            yield Problem(info, "B-INTERNALS", use.node, f"self.{use.name} is replaced")
    yield from _from_nowhere(context, info)
    for call in info.uses.supers:
        if id(call.node) not in context.handled and call.name in API:
            yield Problem(info, "B-INTERNALS", call.node, f"{call.name} of a base is called")
    for node in _captured(context, info):
        yield Problem(
            info, "B-CAPTURE", node, "setUp replaces a stream that pytest puts back before the test"
        )
    for name in _bare_unittest(context, info):
        yield Problem(
            info, "B-INTERNALS", name, "the test looks at unittest itself, which will not run it any more"
        )
    for function in info.uses.rebound:
        yield Problem(info, "A-RECEIVER", function, f"{function.name} binds its first parameter anew")


def _from_nowhere(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """Attributes that no class of the hierarchy defines: somebody puts them on TestCase or the instance."""
    component = context.classes.component(info)
    if component.sets_unseen_attributes:
        return
    known = component.attributes | {n for n in context.facts.additions if _any_instance_has(context, info, n)}
    for use in info.uses.attributes:
        if id(use.node) in context.handled or use.name.startswith("__"):
            continue
        if use.name not in known and use.name not in API:
            known |= {use.name}
            yield Problem(info, "B-DYNAMIC", use.node, f"self.{use.name} is defined nowhere in the hierarchy")


_STREAMS = ("stdout", "stderr")


def _captured(context: Context, info: ClassInfo) -> Iterator[ast.AST]:
    """Places where setUp, or what it calls on itself, replaces sys.stdout or sys.stderr.

    pytest runs fixtures in a phase of their own and installs its own streams anew between the phases.
    """
    todo = [info.methods[n] for n in ("setUp",) if n in info.methods]
    seen = set()
    while todo:
        function = todo.pop()
        seen.add(function)
        yield from (n for n in context.module.subtree(function) if _replaces_stream(context, n))
        called = {u.name for u in info.uses.attributes if u.method is function}
        todo += [f for name, f in info.methods.items() if name in called and f not in seen]


def _replaces_stream(context: Context, node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        stored = node.attr in _STREAMS and not isinstance(node.ctx, ast.Load)
        return (stored and dotted_name(node.value) == "sys") or node.attr in (
            "redirect_stdout",
            "redirect_stderr",
        )
    if isinstance(node, ast.Name):
        return (context.module.resolve(node) or "").startswith("contextlib.redirect_std")
    if not isinstance(node, ast.Call) or not node.args:
        return False
    words = [a.value for a in node.args[:2] if isinstance(a, ast.Constant)]
    if dotted_name(node.args[0]) == "sys":
        return any(w in _STREAMS for w in words)
    return any(w in ("sys.stdout", "sys.stderr") for w in words)


def _bare_unittest(context: Context, info: ClassInfo) -> Iterator[ast.Name]:
    """``unittest`` or its TestCase as a value, not as the prefix of something in it or as a base."""
    inside = range(info.node.lineno, (info.node.end_lineno or info.node.lineno) + 1)
    named = ((n, t) for n, t in context.module.imports.items() if t & {"unittest", "unittest.TestCase"})
    for local, targets in named:
        for name in context.module.names.get(local, ()):
            if name.lineno not in inside:
                continue
            whole = context.module.parents[name] if "unittest" in targets else name
            bare = "unittest" in targets and not _is_only_looked_at(context, name)
            if bare or (_is_compared(context, whole) and _shows_class(info)):
                yield name


def _shows_class(info: ClassInfo) -> bool:
    """Whether a test hands on what its bases can be seen from: the instance or its class."""
    body = info.module.text(info.node).partition("\n")[2]
    words = ("type(self)", "__class__", info.node.name)
    return bool(info.uses.escapes) or any(word in body for word in words)


def _is_compared(context: Context, node: ast.AST) -> bool:
    """Whether TestCase stands where a test may see that it is no base any more: compared, or handed on."""
    if context.module.resolve(node) != "unittest.TestCase":
        return False
    parent = context.module.parents[node]
    call = context.module.call_of_argument(node) if isinstance(node, ast.expr) else None
    asked = call is not None and isinstance(call.func, ast.Name) and call.func.id in ("hasattr", "super")
    held = isinstance(parent, (ast.Compare, ast.Dict, ast.List, ast.Tuple, ast.Set))
    return held or (call is not None and not asked)


def _is_only_looked_at(context: Context, name: ast.Name) -> bool:
    """Whether a use of the module is only for what is in it: a test may compare it with its own caller."""
    parent = context.module.parents[name]
    asked = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "hasattr"
    return asked or isinstance(parent, ast.Attribute)
