"""What a bench has pytest rewrite, so that executed assertions can be counted."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from reassert.model.runs import SuiteRun
from reassert.runner import RunSpec
from reassert.workflow import benches
from reassert.workflow.benches import CopyBench


@pytest.fixture
def rewritten(tmp_path, monkeypatch):
    """Gives the modules that are rewritten for some changed files, in a project with some folders."""

    def ask(*paths, folders=()):
        for folder in folders:
            (tmp_path / folder).mkdir(parents=True)
        asked = []
        monkeypatch.setattr(benches, "run", lambda spec: asked.append(spec) or SuiteRun())
        spec = RunSpec(root=tmp_path, original_root=tmp_path, python=Path("python"))
        bench = CopyBench(SimpleNamespace(root=tmp_path), spec, lambda _: None)
        bench.rewrite(Path(path) for path in paths)
        bench.run("before")
        return asked[0].rewrite_modules

    return ask


def test_a_file_may_be_imported_by_any_end_of_its_path(rewritten):
    assert rewritten("lib/tests/test_a.py") == ("lib.tests.test_a", "test_a", "tests.test_a")


def test_a_package_is_called_like_its_folder_and_means_all_in_it(rewritten):
    assert rewritten("lib/tests/__init__.py") == ("lib.tests", "lib.tests.*", "tests")
    assert rewritten("src/lib/__init__.py") == ("lib", "lib.*", "src.lib")


def test_a_file_beside_the_tests_may_be_called_like_a_folder(rewritten):
    assert rewritten("docs/helpers.py", folders=["helpers"]) == ("docs.helpers", "helpers")
