"""The configuration that planning depends on, already validated."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from fnmatch import fnmatch
from pathlib import PurePath

from reassert.model.edits import Unit

Version = tuple[int, int]


class Profile(IntEnum):
    """The highest rung of the ladder a class may climb."""

    ASSERTS = 1
    CLASSES = 2
    IDIOMATIC = 3


@dataclass(frozen=True)
class PytestConfig:
    """What pytest's effective configuration says of collecting and importing; the defaults are pytest's.

    ``plain_asserts`` is ``--assert=plain``: nothing is rewritten, and nobody expects it.
    ``asyncio_fixture_scope`` and ``asyncio_test_scope`` are the loop scopes that pytest-asyncio gives to its
    fixtures and to tests, empty if they are not set.
    """

    python_files: tuple[str, ...] = ("test_*.py", "*_test.py")
    python_classes: tuple[str, ...] = ("Test",)
    python_functions: tuple[str, ...] = ("test",)
    testpaths: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()
    asyncio_mode: str = "strict"
    asyncio_fixture_scope: str = ""
    asyncio_test_scope: str = ""
    import_mode: str = "prepend"
    filterwarnings: tuple[str, ...] = ()
    plain_asserts: bool = False

    def collects_class(self, name: str) -> bool:
        """Whether a plain class of this name is collected."""
        return _matches(self.python_classes, name)

    def collects_function(self, name: str) -> bool:
        """Whether a function or method of this name is a test, unless its class is a TestCase."""
        return _matches(self.python_functions, name)

    def rewrites(self, path: PurePath) -> bool:
        """Whether the assertions of a file are rewritten without anybody asking for it.

        Source: ``AssertionRewritingHook._should_rewrite`` and ``fnmatch_ex`` in pytest.
        """
        return path.name == "conftest.py" or any(_is_file(pattern, path) for pattern in self.python_files)

    def is_test_module(self, path: PurePath) -> bool:
        """Whether pytest looks for tests in a file, where nobody names the file."""
        return path.name != "conftest.py" and self.rewrites(path)


def _matches(options: tuple[str, ...], name: str) -> bool:
    """Prefixes or globs, as in ``PyCollector._matches_prefix_or_glob_option`` of pytest."""
    return any(
        name.startswith(option) or (any(c in option for c in "*?[") and fnmatch(name, option))
        for option in options
    )


def _is_file(pattern: str, path: PurePath) -> bool:
    if "/" not in pattern:
        return fnmatch(path.name, pattern)
    absolute = pattern.startswith("/")
    return fnmatch(path.as_posix(), pattern if absolute else f"*/{pattern}")


@dataclass(frozen=True)
class Limits:
    """What a table of ``parametrize`` may ask of its reader: the number of its arguments and of its rows.

    ``value_length`` is how many characters a value may have that copies differ in, ``copies`` the number of
    them below which nothing is gained. ``duplicate_lines`` is how many lines must be copies elsewhere for
    an audit to speak of them.
    """

    parameters: int = 4
    rows: int = 50
    value_length: int = 200
    copies: int = 2
    duplicate_lines: int = 6


@dataclass(frozen=True)
class RuleConfig:
    """What a rule may depend on. Versions are (major, minor) of the *project under migration*.

    ``first_party`` are the names of the project's own top-level modules (for the place of new imports).
    ``plugins`` are the pytest plugins that the project asks for or has, with their versions as far as known.
    ``awaken``: tests that have never run are converted, too, and run for the first time.
    ``excluded`` are units that stay as they are; the rule id ``*`` stands for every rule, the qualified name
    ``*`` for the whole file, and a class's name for all that is in it.
    ``limits`` hold for tables that replace loops and copies, not for those that a library made.
    """

    profile: Profile = Profile.CLASSES
    target_version: Version = (3, 8)
    pytest_version: Version = (9, 0)
    unsafe_fixes: bool = False
    awaken: bool = False
    first_party: tuple[str, ...] = ()
    pytest: PytestConfig = field(default_factory=PytestConfig)
    plugins: tuple[tuple[str, Version | None], ...] = ()
    excluded: frozenset[Unit] = frozenset()
    limits: Limits = field(default_factory=Limits)

    def has_plugin(self, name: str) -> bool:
        """Whether the project has a plugin, named as on the package index."""
        return any(name == plugin for plugin, _ in self.plugins)

    def plugin_version(self, name: str) -> Version | None:
        """The version of a plugin, None if it is not known."""
        return dict(self.plugins).get(name)
