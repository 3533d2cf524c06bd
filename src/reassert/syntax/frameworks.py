"""TestCase classes of frameworks: why one cannot become a plain class, and which assertions it changes.

What each overrides was read off the classes themselves: Django 5.2, djangorestframework 3.18, Flask-Testing
0.8, tornado 6.6, aiohttp 3.14, absl-py 2.5, fixtures 4.3, testscenarios 0.7, pyfakefs 6.3,
testtools 2.9, oslotest 6.1, Twisted 26.10; of asynctest 0.13 in its source, which Python 3.11 cannot import.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Framework:
    """``modules`` are those its test classes live in, ``classes`` such as are not called ``...TestCase``.

    ``why`` completes "its base is <name>'s, which ...". ``asserts`` says whether unittest's own assertion
    methods mean what they mean in unittest, but for those in ``changed``.
    """

    name: str
    modules: tuple[str, ...]
    why: str
    classes: tuple[str, ...] = ()
    asserts: bool = True
    changed: frozenset[str] = frozenset()


_FRAMEWORKS = (
    Framework(
        "Django",
        (
            *("django.test", "django.contrib.staticfiles.testing", "django.contrib.admin.tests"),
            *("rest_framework.test", "django_webtest", "channels.testing"),
        ),
        "guards the database, the settings and the client of each test",
        classes=("WebTest", "TransactionWebTest"),
    ),
    Framework("Flask-Testing", ("flask_testing",), "makes the application and the client of each test"),
    Framework(
        "tornado",
        ("tornado.testing", "tornado.test.util"),
        "runs each test in an event loop of its own",
    ),
    Framework("aiohttp", ("aiohttp.test_utils",), "runs each test in an event loop, with a server"),
    Framework("asynctest", ("asynctest",), "runs each test in an event loop of its own"),
    Framework(
        "absl",
        ("absl.testing",),
        "parses flags, makes parameterized tests and has assertions of its own",
        # Its assertDictEqual is true of ordered dictionaries that differ in their order alone. That
        # assertEqual calls it changes nothing: it does so for plain ones only, for which the two agree.
        changed=frozenset({"assertDictEqual", "assertDictContainsSubset"}),
    ),
    Framework("fixtures", ("fixtures",), "sets up fixtures by useFixture", classes=("TestWithFixtures",)),
    Framework(
        "testscenarios",
        ("testscenarios",),
        "runs each test once for each scenario",
        classes=("TestWithScenarios", "WithScenarios"),
    ),
    Framework("pyfakefs", ("pyfakefs.fake_filesystem_unittest",), "replaces the file system for each test"),
    Framework(
        "twisted.trial",
        ("twisted.trial", "twisted.internet.test", "twisted.test"),
        "runs Deferreds and has its own meaning for unittest's assertions",
        asserts=False,
    ),
    Framework(
        "testtools",
        ("testtools", "oslotest"),
        "runs a test its own way and has its own meaning for unittest's assertions",
        classes=("WithAttributes",),
        asserts=False,
    ),
)


@lru_cache(maxsize=4096)
def framework_of(dotted: str) -> Framework | None:
    """The framework that a class of this dotted name is a test class of."""
    module, _, name = dotted.rpartition(".")
    for framework in _FRAMEWORKS:
        if (name.endswith("TestCase") or name in framework.classes) and any(
            module == known or module.startswith(f"{known}.") for known in framework.modules
        ):
            return framework
    return None
