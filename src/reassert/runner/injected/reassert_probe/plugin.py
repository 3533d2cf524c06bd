"""The pytest plugin that observes a run; ``-p reassert_probe.plugin``.

With pytest-xdist every worker observes its own tests, and the controller what ends a worker.
"""

from __future__ import annotations

import os
import platform
import sys
from typing import Any, Callable, Iterable, Iterator

import pytest

from . import assertions, bodies, sources
from .choosing import in_order, narrowed, shuffled
from .measure import Measure, open_measure
from .outcomes import Outcome, why_failed, why_skipped
from .paths import Trees
from .records import Records, first_line, load_settings

_NAME = "reassert_probe.plugin"
# Options of pytest and of plugins that would make two runs differ, or end one early; set where they exist.
_QUIETED = {
    "continue_on_collection_errors": True,
    "lf": False,
    "failedfirst": False,
    "newfirst": False,
    "stepwise": False,
    "usepdb": False,
    "trace": False,
    "xmlpath": None,
    "randomly_reorganize": False,
    "randomly_seed": 0,
    "random_order_enabled": False,
    "random_order_bucket": "none",
}
_MAX_WARNINGS = 1000

_settings = load_settings()
_trees = Trees(_settings)
_records = Records(_settings["records"])
_measure: Measure | None = None
_counts_statements = False


def _begin() -> None:
    """Do what must come before any module of the project is imported."""
    global _measure, _counts_statements
    _restore_environment()
    _trees.redirect_imports()
    if _settings["coverage"]:
        _measure = open_measure(_settings)
    if _settings["counted"]:
        assertions.count_methods()
        assertions.count_pytest()
        _counts_statements = assertions.count_statements(_trees.holds)
    bodies.watch()
    _have_rewritten(_settings["rewrite"])
    if _measure:
        _measure.start()


class _OnlyModule(str):
    """The name of a module, of which pytest is to rewrite this one alone: it takes names for packages', too.

    It is unlike the same name as the project may give it, which then means the package.
    """

    __slots__ = ()

    def __add__(self, other: str) -> str:
        return "\0"

    def __hash__(self) -> int:
        return ~super().__hash__()


def _have_rewritten(names: Iterable[str]) -> None:
    for name in names:
        plain = name[:-2] if name.endswith(".*") else name
        if plain not in sys.modules:
            pytest.register_assert_rewrite(_OnlyModule(name) if plain == name else plain)


def _restore_environment() -> None:
    """A pytest that a test starts is not observed."""
    for name in ("PYTEST_PLUGINS", "PYTEST_ADDOPTS"):
        before = _settings["environment"].get(name)
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


_begin()


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(early_config: Any) -> Iterator[None]:
    """Switch pytest-cov off, where it is: two measurements in one process disturb each other."""
    if hasattr(early_config.known_args_namespace, "cov_source"):
        early_config.known_args_namespace.cov_source = []
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: Any) -> None:
    """Set the options, before the plugins that read them do."""
    for name, value in _QUIETED.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)
    config.option.maxfail = 1 if _settings["fail_fast"] else 0
    if hasattr(config, "_inicache"):
        config._inicache["cache_dir"] = _settings["cache"]
    if _settings["select"] is not None:
        config.args[:] = narrowed(_settings["select"], _settings["root"])
    observer = _Observer(config)
    config.pluginmanager.register(observer, "reassert_observer")
    if _measure:
        config.pluginmanager.register(_Resting(_measure), "reassert_resting")
        for plugin in observer.following:
            config.pluginmanager.register(plugin)


class _Resting:
    """The hooks that let the measurement rest between tests."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        self._measure.pause()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._measure.go_on()


def _following(measure: Measure, shown: Callable[[str], str], *, first: bool) -> Any:
    """A plugin that has a test's phases measured, with what other plugins do around them or without."""

    class Following:
        active = True

        @pytest.hookimpl(hookwrapper=True, tryfirst=first, trylast=not first)
        def pytest_runtest_setup(self, item: Any) -> Iterator[None]:
            if self.active and shown(item.nodeid) not in measure.unfollowed:
                measure.go_on()
            yield
            if self.active:
                measure.pause()

        pytest_runtest_call = pytest_runtest_teardown = pytest_runtest_setup

    return Following()


def _project_is_around(config: Any) -> bool:
    """Whether the project has hooks of its own around a phase of a test."""
    hooks = [getattr(config.hook, f"pytest_runtest_{phase}") for phase in ("setup", "call", "teardown")]
    impls = (impl for hook in hooks for impl in hook.get_hookimpls())
    around = (impl for impl in impls if impl.hookwrapper or getattr(impl, "wrapper", False))
    codes = (getattr(impl.function, "__code__", None) for impl in around)
    return any(code is not None and _trees.holds(code.co_filename) for code in codes)


class _Observer:
    """The hooks that need the configuration, and the record of the test that runs now."""

    def __init__(self, config: Any) -> None:
        self._config = config
        self._worker = getattr(config, "workerinput", {}).get("workerid", "")
        self._controls = False
        self._rootdir = str(config.rootpath)
        self._at_root = os.path.realpath(self._rootdir) == _settings["root"]
        self._outcome = Outcome()
        self._started = 0.0
        self._warnings: dict[str, None] = {}
        self._told: dict[str, None] = {}
        self._statements = _counts_statements and config.getoption("assertmode", "rewrite") == "rewrite"
        self.following: list[Any] = []
        if _measure:
            self.following = [_following(_measure, self.id_of, first=first) for first in (False, True)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        # With the controller's plugin there, tests run in other processes; these load the probe by its name,
        # before the first conftest, as this one did.
        self._controls = self._config.pluginmanager.hasplugin("dsession")
        if self._controls:
            others = os.environ.get("PYTEST_PLUGINS")
            os.environ["PYTEST_PLUGINS"] = ",".join(filter(None, [_NAME, others]))
        _records.write(
            "session",
            python=platform.python_version(),
            pytest=pytest.__version__,
            worker=self._worker,
            statements=self._statements,
            coverage=_measure is not None or not _settings["coverage"],
        )

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> Iterator[None]:
        yield
        if _settings["select"] is not None:
            self._select(items, frozenset(_settings["select"]))
        if _settings["seed"] is not None:
            items[:] = shuffled(items, _settings["seed"])
        if _settings["order"] is not None:
            items[:] = in_order(items, _settings["order"], self.id_of)

    def pytest_collection_finish(self) -> None:
        if _settings["counted"] and not self._controls:
            assertions.count_mocks()
        # To follow what pytest's own plugins do around a phase would cost as much as many a test.
        around = _project_is_around(self._config)
        for first, plugin in enumerate(self.following):
            plugin.active = bool(first) == around

    def id_of(self, nodeid: str) -> str:
        """A node id relative to the project's root; pytest's own are to the folder of its configuration."""
        if self._at_root or not nodeid:
            return nodeid
        file, colons, inner = nodeid.partition("::")
        return _trees.shown(os.path.join(self._rootdir, file)) + colons + inner

    def _select(self, items: list[Any], wanted: Any) -> None:
        others = [item for item in items if self.id_of(item.nodeid) not in wanted]
        items[:] = [item for item in items if self.id_of(item.nodeid) in wanted]
        if others:
            self._config.hook.pytest_deselected(items=others)

    def pytest_collectreport(self, report: Any) -> None:
        if report.outcome == "failed":
            _records.write("uncollected", id=self.id_of(report.nodeid), message=why_failed(report))
        elif report.outcome == "skipped" and not self._controls:
            _records.write("skipped", id=self.id_of(report.nodeid), message=why_skipped(report))

    def pytest_warning_recorded(self, warning_message: Any, when: str, nodeid: str) -> None:
        category = warning_message.category.__name__
        said = first_line(str(warning_message.message))
        if when == "runtest" and not category.startswith("Pytest") and "never awaited" not in said:
            return
        place = f"{_trees.shown(str(warning_message.filename))}:{warning_message.lineno}"
        text = f"{self.id_of(nodeid) or place}: {category}: {said}"
        if text not in self._warnings and len(self._warnings) < _MAX_WARNINGS:
            self._warnings[text] = None
            _records.write("warning", text=text)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        if self._controls:
            return
        self._outcome = Outcome()
        self._started = _records.now()
        _records.write("start", id=self.id_of(nodeid), at=self._started)
        if _measure:
            _measure.take()
            _measure.switch(self.id_of(nodeid))
        bodies.watch()
        bodies.take()
        assertions.take()

    def pytest_runtest_logreport(self, report: Any) -> None:
        if not self._controls:
            self._outcome.add(report)
        elif report.when not in ("setup", "call", "teardown"):
            # Not the report of a worker, but of its end.
            _records.write("crash", id=self.id_of(report.nodeid), message=first_line(str(report.longrepr)))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        if self._controls:
            return
        counted = [self._executed(*key) for key in assertions.take()]
        values = {**self._outcome.record(), "assertions": counted, "never_ran": bodies.take()}
        if _measure:
            _measure.take(self.id_of(nodeid), _records.now() - self._started)
        _records.write("test", id=self.id_of(nodeid), at=self._started, **values)
        if _measure:
            _measure.switch("")

    def _executed(self, form: str, path: str, line: int, expected: str, count: int) -> list[Any]:
        shown = _trees.shown(path)
        place = f"{form} {shown}:{line}"
        if place not in self._told:
            self._told[place] = None
            told = sources.told_of(path).get((form, line))
            if told:
                _records.write("condition", form=form, path=shown, line=line, **told._asdict())
        return [form, shown, line, count, expected]

    def pytest_internalerror(self, excrepr: Any) -> None:
        lines = [line for line in str(excrepr).splitlines() if line.strip()]
        _records.write("internal", message=first_line(lines[-1]) if lines else "")

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        _records.write("interrupted", message=first_line(f"{excinfo.typename}: {excinfo.value}").rstrip(": "))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: Any, exitstatus: int) -> None:
        # A worker's data must be on the disk before it tells the controller that it is done.
        if _measure:
            _measure.take()
            _records.write("followed", **_measure.executing())
            _measure.stop()
        stopped = str(getattr(session, "shouldstop", "") or "")
        strays = _trees.strays()
        _records.write("end", worker=self._worker, status=int(exitstatus), strays=strays, stopped=stopped)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        if _measure and not self._worker:
            files = _measure.report(self._config.getini("python_files"))
            _records.write("coverage", files=files)
