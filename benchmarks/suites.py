"""Makes suites of unittest for the cost of a proof: of tests that do little, and of tests that do much."""

from __future__ import annotations

import subprocess
from pathlib import Path

CODE = '''
"""The code under test."""


def add(first, second):
    return first + second


def fibonacci(number):
    return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)


def primes(limit):
    found = []
    for number in range(2, limit):
        if all(number % prime for prime in found):
            found.append(number)
    return found


def words(text):
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts
'''
HEAD = """
import unittest

import arithmetic as code


class Numbers{file}Tests(unittest.TestCase):
    def setUp(self):
        self.one = 1
"""
LITTLE = """
    def test_sums_{number}(self):
        self.assertEqual(code.add(self.one, {number}), {number} + 1)
        self.assertTrue(code.add(self.one, 1))
        self.assertIn("a", code.words("a b a"))
"""
MUCH = """
    def test_numbers_{number}(self):
        self.assertEqual(code.fibonacci(15), 610)
        self.assertEqual(len(code.primes(400 + self.one)), 78)
        self.assertEqual(code.words("a b " * 2000)["a"], 2000)
"""
CONFIG = """
[tool.pytest.ini_options]
pythonpath = ["."]
"""
KINDS = {"little": (LITTLE, 40, 50), "much": (MUCH, 40, 50)}


def make_suite(folder: Path, kind: str) -> str:
    """A project in a git repository of its own, with tests that do ``little`` or ``much``; says how many."""
    body, files, tests = KINDS[kind]
    folder.mkdir(parents=True)
    (folder / "arithmetic.py").write_text(CODE.lstrip(), encoding="utf-8")
    (folder / "pyproject.toml").write_text(CONFIG.lstrip(), encoding="utf-8")
    for file in range(files):
        text = HEAD.format(file=file) + "".join(body.format(number=number) for number in range(tests))
        (folder / f"test_numbers_{file}.py").write_text(text.lstrip(), encoding="utf-8")
    git = ["git", "-C", folder, "-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "suite"]):
        subprocess.run([*git, *arguments], check=True)
    return f"{files * tests:,} tests in {files} files"
