"""Where a class's name stands: every place that rope finds for its rename is one of ours, and the reverse.

rope is asked in memory only. Names in strings are left out: it finds none of them, or (``docs=True``) every
word that looks like one.
"""

import re

import pytest
from rope.base.project import Project
from rope.refactor.rename import Rename

from converting import convert_tree
from reassert.model.config import RuleConfig
from running import write_tree

HOME = """import unittest

KEPT = unittest.mock


class FooTests(unittest.TestCase):
    limit = 1

    def test_limit(self):
        other = [FooTests.limit for FooTestsMore in ()]
        assert isinstance(self, FooTests), other

    def make(self, FooTestsMore=None):
        def inner() -> FooTests:
            return FooTests

        return inner
"""
USERS = {
    "a name": "from pkg.test_home import FooTests\n\nprint(FooTests.limit, [FooTests])\n",
    "another name": "from pkg.test_home import FooTests as TestOther\n\nprint(TestOther.limit)\n",
    "a module": "import pkg.test_home\n\nprint(pkg.test_home.FooTests.limit)\n",
    "a module of another name": "import pkg.test_home as home\n\nprint(home.FooTests.limit)\n",
    "a module of a package": "from pkg import test_home\n\nprint(test_home.FooTests.limit)\n",
    "a relative import": "from .test_home import FooTests\n\nprint(FooTests)\n",
    "several names": "from pkg.test_home import (\n    KEPT,\n    FooTests,\n)\n\nprint(KEPT, FooTests)\n",
    "a star": "from pkg.test_home import *\n\nprint(FooTests.limit)\n",
    "a subclass": "from pkg.test_home import FooTests\n\n\nclass TestHeir(FooTests):\n    a = FooTests\n",
    "an annotation": "from pkg.test_home import FooTests\n\n\ndef f(a: FooTests) -> FooTests:\n    pass\n",
    "a function": "def f():\n    from pkg.test_home import FooTests\n\n    return FooTests\n",
    "a name of its own": "class Other:\n    FooTests = 1\n\n\nprint(Other.FooTests)\n",
    "text": "# FooTests\nprint('a FooTests b')\n",
}


def places(files):
    return {
        name: [
            (n, m.start()) for n, text in enumerate(_body(content)) for m in re.finditer(r"\bTestFoo\b", text)
        ]
        for name, content in files.items()
    }


def _body(content):
    """The lines from the first that is no import of unittest on, which may go."""
    return [line for line in content.splitlines() if line.strip() and line != "import unittest"]


def by_rope(root, files):
    project = Project(str(root), ropefolder=None)
    try:
        home = project.get_resource("pkg/test_home.py")
        changes = Rename(project, home, files["pkg/test_home.py"].index("FooTests(")).get_changes("TestFoo")
        renamed = {change.resource.path: change.new_contents for change in changes.changes}
    finally:
        project.close()
    return {**files, **renamed}


@pytest.mark.parametrize("user", USERS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning:rope")
def test_the_same_places(tmp_path, user):
    files = {"pkg/__init__.py": "", "pkg/test_home.py": HOME, "pkg/user.py": USERS[user]}
    write_tree(tmp_path / "rope", files)
    theirs = by_rope(tmp_path / "rope", files)
    ours = convert_tree(tmp_path / "ours", files, RuleConfig()).files
    assert "class TestFoo" in ours["pkg/test_home.py"]
    assert places(ours) == places(theirs)
