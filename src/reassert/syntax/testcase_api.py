"""The names of ``unittest.TestCase`` (Python 2.7 to 3.14) by what they are for. See Lib/unittest/case.py."""

from __future__ import annotations

# Removed in 3.12 (deprecated since 3.1 or 3.2), and names that only Python 2.7 or 3.1 had.
ALIASES = {
    "failUnlessEqual": "assertEqual",
    "assertEquals": "assertEqual",
    "failIfEqual": "assertNotEqual",
    "assertNotEquals": "assertNotEqual",
    "failUnlessAlmostEqual": "assertAlmostEqual",
    "assertAlmostEquals": "assertAlmostEqual",
    "failIfAlmostEqual": "assertNotAlmostEqual",
    "assertNotAlmostEquals": "assertNotAlmostEqual",
    "failUnless": "assertTrue",
    "assert_": "assertTrue",
    "failIf": "assertFalse",
    "failUnlessRaises": "assertRaises",
    "assertRaisesRegexp": "assertRaisesRegex",
    "assertRegexpMatches": "assertRegex",
    "assertNotRegexpMatches": "assertNotRegex",
    "assertItemsEqual": "assertCountEqual",
    "assertSameElements": "assertCountEqual",
}
DEAD_ALIASES = frozenset({"assertItemsEqual", "assertSameElements"})

ASSERTIONS = frozenset(
    """
    assertEqual assertNotEqual assertTrue assertFalse assertIs assertIsNot assertIsNone assertIsNotNone
    assertIn assertNotIn assertIsInstance assertNotIsInstance assertRaises assertRaisesRegex
    assertWarns assertWarnsRegex assertLogs assertNoLogs assertAlmostEqual assertNotAlmostEqual
    assertGreater assertGreaterEqual assertLess assertLessEqual assertRegex assertNotRegex assertCountEqual
    assertMultiLineEqual assertSequenceEqual assertListEqual assertTupleEqual assertSetEqual assertDictEqual
    assertDictContainsSubset assertStartsWith assertNotStartsWith assertEndsWith assertNotEndsWith
    assertHasAttr assertNotHasAttr assertIsSubclass assertNotIsSubclass fail
    """.split(),
)
LEGACY_ASSERTIONS = ASSERTIONS | ALIASES.keys()

# Assertion methods that not every supported Python has: assertNoLogs came in 3.10, the rest in 3.14;
# assertDictContainsSubset went in 3.12.
NOT_EVERYWHERE = frozenset(
    """
    assertNoLogs assertDictContainsSubset assertStartsWith assertNotStartsWith assertEndsWith
    assertNotEndsWith assertHasAttr assertNotHasAttr assertIsSubclass assertNotIsSubclass
    """.split(),
)

# Assertion methods that others call on ``self``: a class that defines one changes what those others do.
CALLED_BY_OTHERS = frozenset(
    """
    assertEqual assertListEqual assertTupleEqual assertSetEqual assertDictEqual assertMultiLineEqual
    assertSequenceEqual assertIsInstance fail
    """.split(),
)

CLASS_FIXTURE_METHODS = frozenset({"setUpClass", "tearDownClass"})
FIXTURE_METHODS = CLASS_FIXTURE_METHODS | {"setUp", "tearDown"}
# Functions of a module that both runners call by their names, and what pytest's own are called.
MODULE_FIXTURES = {"setUpModule": "setup_module", "tearDownModule": "teardown_module"}
ASYNC_METHODS = frozenset({"asyncSetUp", "asyncTearDown", "addAsyncCleanup", "enterAsyncContext"})
CLEANUP_METHODS = ("addCleanup", "addAsyncCleanup")
CLEANUPS = frozenset(
    {"addCleanup", "doCleanups", "enterContext", "addClassCleanup", "doClassCleanups", "enterClassContext"}
)
CLASS_CLEANUPS = frozenset({"addClassCleanup", "enterClassContext"})
SETTINGS = frozenset({"maxDiff", "longMessage", "_diffThreshold"})

# Overriding or reading one of these depends on how unittest runs a test.
INTERNALS = frozenset(
    """
    run debug __call__ id shortDescription countTestCases defaultTestResult doCleanups doClassCleanups
    failureException addTypeEqualityFunc _addSkip _outcome _testMethodName _testMethodDoc _subtest _cleanups
    _callTestMethod _callSetUp _callTearDown _callCleanup _baseAssertEqual _getAssertEqualityFunc
    _formatMessage _truncateMessage _type_equality_funcs _class_cleanups tearDown_exceptions
    _feedErrorsToResult _classSetupFailed _assertNotWarns _deprecate
    _asyncioTestContext _asyncioRunner _asyncioTestLoop _asyncioCallsQueue _callAsync _callMaybeAsync
    _asyncioLoopRunner _setupAsyncioRunner _tearDownAsyncioRunner _setupAsyncioLoop _tearDownAsyncioLoop
    """.split(),
)
# What the names of the methods begin with that unittest's own loader takes for tests.
TEST_PREFIX = "test"
# What ``runTest`` becomes: pytest collects it of a TestCase without other tests, not of a plain class.
RUN_TEST = "test_run"
# Those whose overriding changes a run: TestCase.run does not call the others (Lib/unittest/case.py), which in
# a plain class are methods like any other.
RUN_BY_UNITTEST = INTERNALS - {"id", "debug", "shortDescription", "countTestCases"}
OTHERS = frozenset({"subTest", "skipTest", "runTest"})

API = LEGACY_ASSERTIONS | FIXTURE_METHODS | ASYNC_METHODS | CLEANUPS | SETTINGS | INTERNALS | OTHERS
