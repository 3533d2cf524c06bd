import sys
from pathlib import Path

import pytest

from reassert.runner import RunSpec, run
from running import write_tree


@pytest.fixture
def suite(tmp_path):
    """Writes a project and runs its suite: ``suite({path: text}, option=value)``."""

    def start(files, **options):
        root = tmp_path / "project"
        root.mkdir(exist_ok=True)
        write_tree(root, files)
        options.setdefault("root", root)
        options.setdefault("original_root", root)
        return run(RunSpec(python=Path(sys.executable), **options))

    return start
