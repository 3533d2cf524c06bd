"""The command line and the environment that run a suite under observation."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from reassert.runner.interpreter import Interpreter, environment_of
from reassert.runner.spec import RunSpec

PROBE = Path(__file__).with_name("injected")
RECORDS = "records"
_PLUGIN = ("-p", "reassert_probe.plugin")
_LAUNCHERS = ("-m", "run")
_OLDEST_FOR_OWN_COVERAGE = (3, 10)
# Of the repository and the run that this process may itself be part of.
_FOREIGN = frozenset(
    {
        *(
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_PREFIX",
            "GIT_COMMON_DIR",
            "GIT_OBJECT_DIRECTORY",
        ),
        *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "PYTEST_CURRENT_TEST", "PYTEST_VERSION"),
        *("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "COVERAGE_RUN", "PYTHONPYCACHEPREFIX"),
    }
)
_FOREIGN_PREFIXES = ("PYTEST_XDIST_", "COV_CORE_", "REASSERT_PROBE")


def is_pytest(command: tuple[str, ...]) -> bool:
    """Whether options of pytest can be added at the end of a command."""
    for place, word in enumerate(command):
        if Path(word).name in ("pytest", "py.test", "pytest.exe"):
            return place == 0 or command[place - 1] in _LAUNCHERS
    return False


def command_of(spec: RunSpec) -> tuple[str, ...]:
    """The words of the command line."""
    if spec.unittest:
        arguments = spec.command or ("discover", *(("-s", *spec.paths[:1]) if spec.paths else ()))
        return str(spec.python), "-m", "reassert_probe.unittest_main", *arguments
    command = spec.command or (str(spec.python), "-m", "pytest")
    return (*command, *_options(spec), *spec.paths) if is_pytest(command) else command


def _options(spec: RunSpec) -> tuple[str, ...]:
    return *_PLUGIN, *_configured(spec), *_jobs(spec)


def _configured(spec: RunSpec) -> tuple[str, ...]:
    """Name the configuration file that pytest finds for the original and not for its copy."""
    if spec.config is None or _names_config((*spec.command, *shlex.split(_given_options(spec)))):
        return ()
    return "-c", str(spec.config), f"--rootdir={spec.root}", f"--confcutdir={spec.tree or spec.root}"


def _names_config(words: Iterable[str]) -> bool:
    return any(word.startswith(("-c", "--config-file", "--rootdir")) for word in words)


def _given_options(spec: RunSpec) -> str:
    return spec.env.get("PYTEST_ADDOPTS", os.environ.get("PYTEST_ADDOPTS", ""))


def _jobs(spec: RunSpec) -> tuple[str, ...]:
    return () if spec.jobs is None else ("-n", str(spec.jobs))


def environment_for(spec: RunSpec, interpreter: Interpreter, folder: Path) -> dict[str, str]:
    """The variables for the command; ``folder`` is the run's own."""
    env = {key: value for key, value in os.environ.items() if not _is_foreign(key)}
    env |= {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    # Where pytest keeps the folders of `tmp_path`: the last ones of the user's own runs stay.
    env["PYTEST_DEBUG_TEMPROOT"] = str(_folder(folder / "tmp"))
    env |= _activated(interpreter, env.get("PATH", ""))
    env |= spec.env
    env["PYTHONPATH"] = os.pathsep.join(_search_path(spec, interpreter, _given_path(spec)))
    env["REASSERT_PROBE"] = str(folder / "settings.json")
    if not spec.unittest and not is_pytest(spec.command or ("pytest",)):
        own = shlex.join(_options(spec))
        env["PYTEST_ADDOPTS"] = f"{env.get('PYTEST_ADDOPTS', '')} {own}".strip()
    return env


def write_settings(spec: RunSpec, interpreter: Interpreter, folder: Path) -> None:
    """Write what the probe has to know; raises OSError."""
    tree, original = spec.tree or spec.root, spec.original_tree or spec.original_root
    names = ("PYTEST_PLUGINS", "PYTEST_ADDOPTS")
    settings = {
        "records": str(_folder(folder / RECORDS)),
        "root": os.path.realpath(spec.root),
        "tree": os.path.realpath(tree),
        "original_tree": os.path.realpath(original),
        "rewrite": spec.rewrite_modules,
        "coverage": spec.coverage or spec.contexts,
        "coverage_data": str(_folder(folder / "coverage")),
        "coverage_fallback": _own_coverage(interpreter, folder) if spec.coverage or spec.contexts else None,
        "contexts": spec.contexts,
        "unfollowed": sorted(spec.unfollowed),
        "counted": spec.counted,
        "select": spec.select,
        "order": spec.order,
        "seed": spec.shuffle_seed,
        "fail_fast": spec.fail_fast,
        "cache": str(folder / "cache"),
        "environment": {name: spec.env.get(name, os.environ.get(name)) for name in names},
    }
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")


def _is_foreign(name: str) -> bool:
    return name in _FOREIGN or name.startswith(_FOREIGN_PREFIXES)


def _folder(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    return path


def _activated(interpreter: Interpreter, path: str) -> Mapping[str, str]:
    """What activating an environment sets, so that the programs that tests start are of the same one."""
    home = environment_of(interpreter.path)
    if home is None:
        return {}
    return {"VIRTUAL_ENV": str(home), "PATH": f"{interpreter.path.parent}{os.pathsep}{path}"}


def _given_path(spec: RunSpec) -> str:
    """The configured search path, relative to the root; else the caller's, relative to where that is."""
    if "PYTHONPATH" in spec.env:
        return spec.env["PYTHONPATH"]
    given = os.environ.get("PYTHONPATH", "")
    return os.pathsep.join(str(Path(entry).absolute()) for entry in given.split(os.pathsep) if entry)


def _search_path(spec: RunSpec, interpreter: Interpreter, given: str) -> Iterator[str]:
    """The probe, then the copies of folders that the interpreter imports from, then what the user has set.

    A folder that would hide a module of the standard library is not put before it; in the suite's process the
    probe lets the interpreter's own entry for it lead to the copy.
    """
    yield str(PROBE)
    tree = (spec.tree or spec.root).resolve()
    original = (spec.original_tree or spec.original_root).resolve()
    wanted = (*interpreter.search, *_editable_folders(interpreter.editable))
    for folder in dict.fromkeys(filter(None, (_mapped(entry, original, tree) for entry in wanted))):
        if not _hides_modules(folder):
            yield folder
    for entry in filter(None, given.split(os.pathsep)):
        if _mapped(entry, original, tree) is None:
            yield entry


def _mapped(entry: str, original: Path, tree: Path) -> str | None:
    """The copy of a folder of the user's tree. A virtual environment within it was not copied."""
    folder = Path(entry)
    real = folder.resolve()
    if not folder.is_absolute() or not real.is_relative_to(original) or folder.is_relative_to(PROBE):
        return None
    copy = tree / real.relative_to(original)
    return str(copy) if copy.is_dir() else None


def _editable_folders(editable: Mapping[str, str]) -> Iterator[str]:
    """The folders from which the packages of editable installs can be imported by their own names."""
    for name, path in editable.items():
        parts = tuple(name.split("."))
        place = Path(path)
        if place.stem == "__init__":
            place = place.parent
        if (*place.parts[:-1], place.stem)[-len(parts) :] == parts:
            yield str(place.parents[len(parts) - 1])


def _hides_modules(folder: str) -> bool:
    try:
        names = {entry.name.partition(".")[0] for entry in Path(folder).iterdir()}
    except OSError:
        return True
    return not names.isdisjoint(sys.stdlib_module_names)


def _own_coverage(interpreter: Interpreter, folder: Path) -> str | None:
    """A folder with nothing in it but the coverage that this process has, if the interpreter can use it."""
    found = find_spec("coverage")
    usable = interpreter.has_same_binaries or interpreter.version >= _OLDEST_FOR_OWN_COVERAGE
    if found is None or found.origin is None or not usable or "coverage" in interpreter.packages:
        return None
    place = _folder(folder / "brought")
    (place / "coverage").symlink_to(Path(found.origin).parent, target_is_directory=True)
    return str(place)
