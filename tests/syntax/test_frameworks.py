"""TestCase classes of frameworks: the class stays, the reason says whose it is, assertions where exact."""

from typing import NamedTuple

import pytest

from converting import convert_file, convert_tree
from reassert import catalog
from reassert.model.config import RuleConfig

TEST = """{imports}


class FooTests({base}):
    def test_a(self):
        self.assertTrue(1)
        self.assertEqual(1, 2)
        self.assertRaises(ValueError, int, "x")
"""
TRUTH, EQUAL, RAISES = "        assert 1\n", "assert 1 == 2", "pytest.raises(ValueError"


class Kind(NamedTuple):
    """What a framework is called, and which of the three assertions are converted."""

    name: str
    converted: tuple[str, ...]


def kinds(name, converted, bases):
    return [pytest.param(base, Kind(name, converted), id=base) for base in bases.split()]


EVERYTHING = (TRUTH, EQUAL, RAISES)
BASES = [
    *kinds(
        "Django",
        EVERYTHING,
        """
        django.test.SimpleTestCase django.test.TestCase django.test.TransactionTestCase
        django.test.LiveServerTestCase django.test.testcases.TestCase django.test.selenium.SeleniumTestCase
        django.contrib.staticfiles.testing.StaticLiveServerTestCase
        django.contrib.admin.tests.AdminSeleniumTestCase rest_framework.test.APITestCase
        rest_framework.test.APISimpleTestCase rest_framework.test.APITransactionTestCase
        rest_framework.test.APILiveServerTestCase django_webtest.WebTest
        channels.testing.ChannelsLiveServerTestCase
        """,
    ),
    *kinds("Flask-Testing", EVERYTHING, "flask_testing.TestCase flask_testing.LiveServerTestCase"),
    *kinds(
        "tornado",
        EVERYTHING,
        "tornado.testing.AsyncTestCase tornado.testing.AsyncHTTPTestCase tornado.testing.AsyncHTTPSTestCase",
    ),
    *kinds("aiohttp", EVERYTHING, "aiohttp.test_utils.AioHTTPTestCase"),
    *kinds("asynctest", EVERYTHING, "asynctest.ClockedTestCase asynctest.helpers.ClockedTestCase"),
    *kinds("fixtures", EVERYTHING, "fixtures.TestWithFixtures"),
    *kinds("testscenarios", EVERYTHING, "testscenarios.TestWithScenarios"),
    *kinds("pyfakefs", EVERYTHING, "pyfakefs.fake_filesystem_unittest.TestCase"),
    *kinds("absl", EVERYTHING, "absl.testing.absltest.TestCase absl.testing.parameterized.TestCase"),
    *kinds("twisted.trial", (), "twisted.trial.unittest.TestCase twisted.trial.unittest.SynchronousTestCase"),
    *kinds("testtools", (), "testtools.TestCase testtools.testcase.TestCase oslotest.base.BaseTestCase"),
]


def judge(text, refusals, kind):
    """The class and its name stay, one refusal says why, and exactly what is exact is converted."""
    assert "class FooTests(" in text
    (reason,) = [r.reason for r in refusals if r.code == "B-BASE"]
    assert f"{kind.name}'s, which" in reason
    assert [t for t in EVERYTHING if t in text] == list(kind.converted)


@pytest.mark.parametrize(("base", "kind"), BASES)
def test_a_base_by_its_full_name(base, kind):
    module, _, _ = base.rpartition(".")
    done = convert_file("test_x.py", TEST.format(imports=f"import {module}", base=base), RuleConfig())
    judge(done.files["test_x.py"], done.refusals, kind)


@pytest.mark.parametrize(("base", "kind"), BASES)
def test_a_base_by_another_name(base, kind):
    module, _, name = base.rpartition(".")
    text = TEST.format(imports=f"from {module} import {name} as Case", base="Case")
    done = convert_file("test_x.py", text, RuleConfig())
    judge(done.files["test_x.py"], done.refusals, kind)


@pytest.mark.parametrize(("base", "kind"), [b for b in BASES if b.values[0].count(".") > 1])
def test_a_base_through_a_module_of_another_name(base, kind):
    module, _, name = base.rpartition(".")
    package, _, last = module.rpartition(".")
    text = TEST.format(imports=f"from {package} import {last} as t", base=f"t.{name}")
    done = convert_file("test_x.py", text, RuleConfig())
    judge(done.files["test_x.py"], done.refusals, kind)


@pytest.mark.parametrize(("base", "kind"), BASES)
def test_a_base_of_the_project_that_is_the_frameworks(tmp_path, base, kind):
    module, _, name = base.rpartition(".")
    files = {
        "tests/__init__.py": "",
        "tests/base.py": f"from {module} import {name}\n\n\nclass Base({name}):\n    size = 1\n",
        "tests/more.py": "from tests.base import Base\n\n\nclass More(Base):\n    pass\n",
        "tests/test_x.py": TEST.format(imports="from tests.more import More", base="More"),
    }
    done = convert_tree(tmp_path, files, RuleConfig())
    mine = [r for r in done.refusals if r.location.path.name == "test_x.py"]
    judge(done.files["tests/test_x.py"], mine, kind)
    assert done.test_map == {}


def test_a_mixin_of_scenarios_keeps_the_class():
    imports = "import unittest\nimport testscenarios"
    text = TEST.format(imports=imports, base="testscenarios.WithScenarios, unittest.TestCase")
    done = convert_file("test_x.py", text, RuleConfig())
    judge(done.files["test_x.py"], done.refusals, Kind("testscenarios", EVERYTHING))


ABSL = """from absl.testing import absltest


class {name}(absltest.TestCase):
    def {test}(self):
        self.assertDictEqual({{1: 2}}, {{1: 2}})
"""


def test_an_assertion_that_the_framework_changes_stays():
    text = ABSL.format(name="FooTests", test="test_a")
    done = convert_file("test_x.py", text, RuleConfig())
    assert done.files["test_x.py"] == text
    assert {r.code for r in done.refusals} == {"A-TYPEFUNC", "B-BASE"}


def test_an_assertion_that_the_framework_changes_stays_also_below_a_base_of_the_project(tmp_path):
    base = ABSL.format(name="Base", test="check")
    heir = "from base import Base\n\n\nclass FooTests(Base):\n    def test_a(self):\n"
    files = {"base.py": base, "test_x.py": f"{heir}        self.assertDictEqual({{}}, {{}})\n"}
    done = convert_tree(tmp_path, files, RuleConfig())
    assert done.files == files


def test_a_class_that_only_sounds_like_a_frameworks():
    done = convert_file(
        "test_x.py",
        TEST.format(imports="import django_testing", base="django_testing.TestCase"),
        RuleConfig(),
    )
    assert [r.reason for r in done.refusals if r.code == "B-BASE"] == [
        "its base django_testing.TestCase comes from outside the project"
    ]


def test_asynctest_stays_where_its_rule_is_switched_off():
    rules = [rule for rule in catalog.rule_ids() if rule != "asynctest_to_async_tests"]
    text = TEST.format(imports="import asynctest", base="asynctest.TestCase")
    done = convert_file("test_x.py", text, RuleConfig(unsafe_fixes=True), rules)
    assert "class FooTests(asynctest.TestCase)" in done.files["test_x.py"]
    assert {r.code for r in done.refusals} == {"B-BASE"}
