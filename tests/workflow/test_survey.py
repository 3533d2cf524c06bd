"""Which files a request comes to, where the configuration excludes some."""

import pytest

from reassert.catalog import rule_ids
from reassert.workflow.selection import PlanRequest, Selection
from reassert.workflow.survey import others, survey
from reassert.workspace.settings import SettingsError, SettingsLoader


@pytest.fixture
def tree(tmp_path):
    """A repository of two projects with a file of each kind."""
    (tmp_path / ".git").mkdir()
    for name in ("svc/tests/a.py", "svc/gen/b.py", "lib/gen/c.py", "lib/tests/d.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def configure(folder, *patterns):
    (folder / "pyproject.toml").write_text(
        f"[tool.reassert]\nexclude = {list(patterns)!r}\n", encoding="utf-8"
    )


def surveyed(tree, *paths, config_file=None):
    request = PlanRequest(tuple(tree / path for path in paths), config_file=config_file)
    return survey(request, Selection(request, rule_ids(), SettingsLoader(config_file=config_file).load))


def names(tree, targets):
    return [target.task.path.relative_to(tree).as_posix() for target in targets]


def test_the_nearest_configuration_excludes_in_its_own_folder(tree):
    configure(tree / "svc", "/gen")
    assert names(tree, surveyed(tree, ".").asked) == ["lib/gen/c.py", "lib/tests/d.py", "svc/tests/a.py"]


def test_patterns_are_relative_to_the_file_that_has_them(tree):
    configure(tree, "svc/gen")
    (tree / "svc" / "setup.cfg").touch()
    assert names(tree, surveyed(tree, "svc").asked) == ["svc/tests/a.py"]


def test_patterns_of_a_named_file_from_elsewhere_are_relative_to_the_root(tree, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    configure(other, "svc/gen")
    found = surveyed(tree, ".", config_file=other / "pyproject.toml")
    assert names(tree, found.asked) == ["lib/gen/c.py", "lib/tests/d.py", "svc/tests/a.py"]


def test_a_broken_configuration_counts_only_where_files_were_asked_for(tree):
    (tree / "svc" / "pyproject.toml").write_text("[tool.reassert\n", encoding="utf-8")
    with pytest.raises(SettingsError):
        surveyed(tree, ".")

    (tree / "pyproject.toml").touch()
    found = surveyed(tree, "lib/tests/d.py")
    assert names(tree, others(found).targets) == ["lib/gen/c.py", "svc/gen/b.py", "svc/tests/a.py"]


def test_excluded_files_are_others_also_where_everything_was_asked_for(tree):
    configure(tree, "gen")
    for paths in (".",), ("svc/tests", "lib/tests"):
        found = others(surveyed(tree, *paths))
        assert names(tree, found.targets) == ["lib/gen/c.py", "svc/gen/b.py"]
        assert found.excluded == {tree / "lib/gen/c.py", tree / "svc/gen/b.py"}
    assert names(tree, others(surveyed(tree, ".", "svc/gen/b.py")).targets) == ["lib/gen/c.py"]
