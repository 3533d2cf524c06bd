"""Tests that become cases of a parametrized test: the certificate knows which, and what they assert."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from running import write_tree

SUITE = """\
import unittest

from ddt import data, ddt, unpack
from parameterized import parameterized
from unittest_parametrize import ParametrizedTestCase, param, parametrize


class ExpandTests(unittest.TestCase):
    @parameterized.expand([("one", 1), ("two", 2)])
    def test_expand(self, name, number):
        self.assertEqual(len(name), 3)
        self.assertLess(number, 3)

    @parameterized.expand((n,) for n in range(2))
    def test_kept(self, number):
        self.assertLess(number, 3)


class HeirTests(ExpandTests):
    pass


@ddt
class DataTests(unittest.TestCase):
    @data(("a b", "A B"), ("c", "C"))
    @unpack
    def test_upper(self, text, upper):
        self.assertEqual(text.upper(), upper)


class IdTests(ParametrizedTestCase):
    @parametrize("number", [1, param(2, id="two")])
    def test_number(self, number):
        self.assertTrue(number)


class LoopTests(unittest.TestCase):
    def test_plain(self):
        for text, upper in [("a", "A"), ("b", "B")]:
            self.assertEqual(text.upper(), upper)

    def test_subtests(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertLess(number, 3)
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    root = tmp_path_factory.mktemp("suite")
    write_tree(root, {"test_suite.py": SUITE, "pyproject.toml": "[tool.reassert]\nprofile = 'idiomatic'\n"})
    target = root.with_suffix(".json")
    command = [sys.executable, "-m", "reassert", "verify", "--json", str(target), "--no-cache"]
    command += ["--python", sys.executable, "."]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=300)
    assert target.exists(), done.stderr
    return json.loads(target.read_text(encoding="utf-8"))


def became(certificate, label):
    found = [d for d in certificate["differences"] if d["label"] == label]
    return {d["before"].partition("::")[2]: [n.partition("::")[2] for n in d["after"]] for d in found}


def test_nothing_is_lost(certificate):
    assert certificate["verdict"] == "valid", certificate["differences"]


def test_generated_tests_become_cases_that_are_named_after_them(certificate):
    merged = became(certificate, "merged")
    assert merged == {
        **{
            f"{old}::test_expand_{case}": [f"{new}::test_expand[test_expand_{case}]"]
            for old, new in (("ExpandTests", "TestExpand"), ("HeirTests", "TestHeir"))
            for case in ("0_one", "1_two")
        },
        **{
            f"DataTests::test_upper_{case}": [f"TestData::test_upper[test_upper_{case}]"]
            for case in ("1___a_b____A_B__", "2___c____C__")
        },
        **{
            f"IdTests::test_number_{case}": [f"TestId::test_number[test_number_{case}]"]
            for case in ("0", "two")
        },
    }


def test_a_loop_becomes_a_case_for_each_row(certificate):
    assert became(certificate, "split") == {
        "LoopTests::test_plain": ["TestLoop::test_plain[a-A]", "TestLoop::test_plain[b-B]"],
        "LoopTests::test_subtests": [f"TestLoop::test_subtests[{n}]" for n in range(3)],
    }


def test_tests_of_a_decorator_that_stays_follow_their_class(certificate):
    renamed = became(certificate, "renamed")
    assert renamed["ExpandTests::test_kept_0"] == ["TestExpand::test_kept_0"]
    assert renamed["HeirTests::test_kept_1"] == ["TestHeir::test_kept_1"]
