"""A block that runs tests and stays. No page can show it: a comment in the block is a reason of its own."""

from __future__ import annotations

import pytest

from converting import convert_file
from reassert.model.config import RuleConfig

BLOCK = '\n\nif __name__ == "__main__":\n    unittest.main()\n'
NAME = "class NameTests(unittest.TestCase):\n    def test_name(self):\n        assert __name__\n"
STAYS = "class RunTests(unittest.TestCase):\n    def run(self, result=None):\n        super().run(result)\n"


@pytest.mark.parametrize(
    ("classes", "stays", "lines"),
    [
        pytest.param([NAME], False, [], id="none of them stays"),
        pytest.param([NAME, STAYS], True, [14], id="one of them stays"),
        pytest.param([STAYS], True, [], id="all of them stay"),
    ],
)
def test_a_block_that_runs_fewer_tests_is_pointed_at(classes, stays, lines):
    found = convert_file("test_a.py", "import unittest\n\n\n" + "\n\n".join(classes) + BLOCK, RuleConfig())
    assert found.files["test_a.py"].endswith(BLOCK) == stays
    assert [f.location.line for f in found.findings if f.code == "STALE-MAIN"] == lines
