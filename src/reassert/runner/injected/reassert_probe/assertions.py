"""Counts the assertions that are executed, by form and place.

Counted are the calls of the assertion methods of ``unittest.TestCase`` and of mocks (those that unittest
makes itself to carry out another are not), the ``assert`` statements that pytest has rewritten, passed or
failed, and calls of ``pytest.raises``, ``warns``, ``deprecated_call`` and ``fail``. A call counts when it is
made, one that gives a context manager when that is entered; the place is the caller's.
"""

from __future__ import annotations

import ast
import functools
import importlib
import itertools
import sys
import types
import unittest
import unittest.case
from collections import defaultdict
from typing import Any, Callable, Tuple

__unittest = True  # unittest and pytest leave frames of such modules out of what they show

Key = Tuple[str, str, int, str]
_CASE = vars(unittest.case)
_PYTEST = ("raises", "warns", "deprecated_call", "fail")
_MOCKS = ("unittest.mock", "mock.mock")
# By which name a function that expects something is given what it expects.
_EXPECTED = {
    "assertRaises": "expected_exception",
    "assertRaisesRegex": "expected_exception",
    "assertWarns": "expected_warning",
    "assertWarnsRegex": "expected_warning",
    "raises": "expected_exception",
    "warns": "expected_warning",
}
# With so many arguments, or fewer, they give a context manager.
_CONTEXTS = {
    "assertRaises": 1,
    "assertRaisesRegex": 2,
    "assertWarns": 1,
    "assertWarnsRegex": 2,
    "assertLogs": 2,
    "assertNoLogs": 2,
    "raises": 1,
    "warns": 1,
    "deprecated_call": 0,
}
_ENTERED = "_reassert_entered"
_getframe = sys._getframe
# The name by which what counts is found in the module that rewrites, and what keeps that from a module.
_PASSED = "_reassert_passed"
_REFUSED = "PYTEST_DONT_REWRITE"
# What holds statements and is none.
_CLAUSES = (ast.ExceptHandler, *((ast.match_case,) if sys.version_info >= (3, 10) else ()))

# `next` on a counter is atomic: threads may assert at the same time.
_counts: dict[Key, itertools.count[int]] = defaultdict(itertools.count)


def take() -> list[tuple[str, str, int, str, int]]:
    """Form, file, line, what was expected and number of what was executed since the last call."""
    global _counts
    taken, _counts = _counts, defaultdict(itertools.count)
    return [(*key, next(count)) for key, count in taken.items()]


def count_methods() -> None:
    """Count the assertion methods of every TestCase, whatever its class."""
    case: Any = unittest.TestCase
    counted: dict[Any, Any] = {}
    methods = {
        name: method
        for name, method in vars(case).items()
        if name.startswith(("assert", "fail")) and isinstance(method, types.FunctionType)
    }
    aliases = {name for name, method in methods.items() if method.__code__.co_name == "deprecated_func"}
    for name in methods.keys() - aliases:
        counted[methods[name]] = _counted_method(name, methods[name])
        setattr(case, name, counted[methods[name]])
    for name in aliases:
        _redirect(methods[name], counted)


def _redirect(alias: types.FunctionType, counted: dict[Any, Any]) -> None:
    """Let a deprecated alias (``assertEquals``, until 3.11) call what is counted; it warns as ever."""
    for cell in alias.__closure__ or ():
        if isinstance(cell.cell_contents, types.FunctionType):
            cell.cell_contents = counted.get(cell.cell_contents, cell.cell_contents)


def _counted_method(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    expects = name in _EXPECTED
    entered = _CONTEXTS.get(name, -1)

    @functools.wraps(method)
    def counted(*args: Any, **kwargs: Any) -> Any:
        frame = _getframe(1)
        text = _expectation(name, args[1:], kwargs) if expects else ""
        if frame.f_globals is _CASE:
            _count_from_unittest(name, frame, text)
            return method(*args, **kwargs)
        key = name, frame.f_code.co_filename, frame.f_lineno, text
        if len(args) - 1 > entered:
            next(_counts[key])
            return method(*args, **kwargs)
        return _counted_context(method(*args, **kwargs), key)

    return counted


def _counted_context(context: Any, key: Key) -> Any:
    """Count a context manager whenever it is entered."""
    kind = type(context)
    try:
        if not hasattr(kind.__enter__, _ENTERED):
            kind.__enter__ = _counted_entering(kind.__enter__)
        vars(context)[_ENTERED] = key
    except (AttributeError, TypeError):  # what is no such object, or takes no attributes
        next(_counts[key])
    return context


def _counted_entering(enter: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(enter)
    def counted(context: Any) -> Any:
        __tracebackhide__ = True
        key = vars(context).get(_ENTERED)
        if key is not None:
            next(_counts[key])
        return enter(context)

    setattr(counted, _ENTERED, True)
    return counted


def _count_from_unittest(name: str, frame: Any, text: str) -> None:
    """Count a call by unittest's own code: not one that carries out another assertion.

    ``assertRaises(E, self.assertEqual, 1, 2)`` calls what it was given in ``handle``: that is the user's.
    """
    given = False
    while frame.f_back is not None and "__unittest" in frame.f_globals:
        called = frame.f_code.co_name
        given = given or called == "handle"
        if called.startswith("assert") and not given:
            return
        frame = frame.f_back
    next(_counts[name, frame.f_code.co_filename, frame.f_lineno, text])


def _expectation(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The classes that are expected, each with its bases (``ValueError < Exception``); empty if unknown.

    Then follows ``; match`` if a text is expected, too.
    """
    given = args[0] if args else kwargs.get(_EXPECTED[name])
    classes = given if isinstance(given, tuple) else (given,)
    if not classes or not all(isinstance(each, type) for each in classes):
        return ""
    match = _has_text(_wanted_text(name, args, kwargs))
    told = ", ".join(" < ".join(base.__name__ for base in each.__mro__[:-1]) for each in classes)
    return told + ("; match" if match else "")


def _wanted_text(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if name.endswith("Regex"):
        return args[1] if len(args) > 1 else kwargs.get("expected_regex")
    # With something to call, the keywords are that one's.
    return kwargs.get("match") if len(args) < 2 else None  # noqa: PLR2004 - the class alone


def _has_text(wanted: Any) -> bool:
    """Whether a pattern or its text asks for anything: an empty one fits whatever was said."""
    return getattr(wanted, "pattern", wanted) not in (None, "", b"")


def count_mocks() -> None:
    """Count the assertion methods of mocks, where their library is loaded: to be called after collection.

    It costs time to import, and is not forced. A method that another one calls does not count.
    """
    for name in _MOCKS:
        module = sys.modules.get(name)
        for kind in filter(
            None, (getattr(module, each, None) for each in ("NonCallableMock", "AsyncMockMixin"))
        ):
            for each, method in list(vars(kind).items()):
                if each.startswith("assert_") and isinstance(method, types.FunctionType):
                    setattr(kind, each, _counted_of_mock(each, method))


def _counted_of_mock(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    own = method.__globals__

    @functools.wraps(method)
    def counted(*args: Any, **kwargs: Any) -> Any:
        frame: Any = _getframe(1)
        others = False
        # A function that is autospecified has methods of its own, by the same names, which call these.
        while frame.f_back is not None and frame.f_globals is own:
            called = frame.f_code.co_name
            others = others or (called.startswith("assert_") and called != name)
            frame = frame.f_back
        if not others:
            next(_counts[name, frame.f_code.co_filename, frame.f_lineno, ""])
        return method(*args, **kwargs)

    return counted


def count_pytest() -> None:
    """Count pytest's functions that assert; to be called before a test module can import them."""
    pytest = importlib.import_module("pytest")
    for name in _PYTEST:
        setattr(pytest, name, _counted_function(f"pytest.{name}", getattr(pytest, name)))
    pytest.ExceptionInfo.match = _counted_match(pytest.ExceptionInfo.match)


def _counted_match(method: Callable[..., Any]) -> Callable[..., Any]:
    """Count the calls of ``ExceptionInfo.match``, but for those by which ``raises`` does its work."""

    @functools.wraps(method)
    def match(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        frame = _getframe(1)
        if not str(frame.f_globals.get("__name__")).startswith("_pytest."):
            next(_counts["ExceptionInfo.match", frame.f_code.co_filename, frame.f_lineno, ""])
        return method(*args, **kwargs)

    return match


def _counted_function(form: str, function: Any) -> Any:
    name = form.rpartition(".")[2]
    expects, entered = name in _EXPECTED, _CONTEXTS.get(name, -1)

    @functools.wraps(function)
    def counted(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        frame = _getframe(1)
        key = (
            form,
            frame.f_code.co_filename,
            frame.f_lineno,
            _expectation(name, args, kwargs) if expects else "",
        )
        if len(args) > entered:
            next(_counts[key])
            return function(*args, **kwargs)
        return _counted_context(function(*args, **kwargs), key)

    if hasattr(function, "Exception"):  # `pytest.fail.Exception`; of an object's class it is not copied
        counted.Exception = function.Exception  # type: ignore[attr-defined]
    return counted


def count_statements(holds: Callable[[str], bool]) -> bool:
    """Count ``assert`` in modules that pytest rewrites and ``holds`` says are the project's.

    False if this pytest gives no way to.

    A call that counts follows each ``assert``: it is reached by those that pass. Of those that fail pytest
    asks for an explanation. Its own hook for assertions that pass costs twice the time of a small test, and
    keeps operands alive, which tests of weak references notice.
    """
    rewrite: Any = importlib.import_module("_pytest.assertion.rewrite")
    original = getattr(rewrite, "rewrite_asserts", None)
    explain = getattr(rewrite, "_format_explanation", None)
    if original is None or explain is None or not hasattr(rewrite, "AssertionRewriter"):
        return False

    def passed(path: str, line: int) -> None:
        next(_counts["assert", path, line, ""])

    def failed(explanation: Any) -> Any:
        # Of one that passed, a text is made only for an implementation of pytest's hook.
        frame = _getframe(1)
        if holds(frame.f_code.co_filename) and not rewrite._check_if_assertion_pass_impl():
            next(_counts["assert", frame.f_code.co_filename, frame.f_lineno, ""])
        return explain(explanation)

    def rewrite_asserts(tree: Any, source: Any, path: Any = None, config: Any = None) -> Any:
        # Whoever traces lines, as coverage does, would follow pytest through every node.
        tracing = sys.gettrace()
        sys.settrace(None)
        try:
            if path is not None and holds(path) and _REFUSED not in (ast.get_docstring(tree) or ""):
                _follow(tree, str(path))
            return original(tree, source, path, config)
        finally:
            sys.settrace(tracing)

    rewrite.rewrite_asserts = rewrite_asserts
    rewrite._format_explanation = failed
    setattr(rewrite, _PASSED, passed)
    return True


def _follow(tree: Any, path: str) -> None:
    """Put a call that counts behind each ``assert``; pytest's rewriting names its module in every other."""
    todo = [tree]
    while todo:
        node = todo.pop()
        for name, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], (ast.stmt, *_CLAUSES)):
                setattr(node, name, [new for child in value for new in _followed(child, path)])
                todo += value


def _followed(node: Any, path: str) -> list[Any]:
    if not isinstance(node, ast.Assert):
        return [node]
    module: Any = ast.Name("@pytest_ar", ast.Load())
    arguments: list[Any] = [ast.Constant(path), ast.Constant(node.lineno)]
    call = ast.Expr(ast.Call(ast.Attribute(module, _PASSED, ast.Load()), arguments, []))
    return [node, ast.fix_missing_locations(ast.copy_location(call, node))]
