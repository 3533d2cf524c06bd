"""What a person can do about a refusal, by its code; and whose class a base from outside is."""

from __future__ import annotations

_ADVICE = {
    "A-ALMOST": "write the comparison with pytest.approx, with the tolerance that is meant",
    "A-CM-ESCAPES": "use only the exception (cm.exception), and only after the block",
    "A-EXPR": "call the assertion as a statement of its own",
    "A-RAISES-MATCH": "match on what the exception's own text is sure to contain",
    "A-RAISES-META": "take the assertion out of the code that catches its failure",
    "A-RAISES-REFS": "keep it, or delete the captured exception before references are counted",
    "A-RECEIVER": "call the method on self, with plain arguments",
    "A-REGEX-ORDER": "give the assertion a pattern that is not empty",
    "A-SUBTEST": "move the subTest into the test itself, or give each case a test",
    "A-TYPEFUNC": "give a helper a name of its own that is none of unittest's",
    "B-BASE": "replace the base by fixtures; until then the class stays a TestCase",
    "B-CAPTURE": "use pytest's capsys in the place of the replaced stream",
    "B-COMPONENT": "convert both files in one run, or look at the class that is named",
    "B-DDT": "write the cases with pytest.mark.parametrize",
    "B-DYNAMIC": "use marks of pytest for own decorators; write out what is made or changed at run time",
    "B-GENTEST": "find out what the test was meant to check: its body never ran",
    "B-INTERNALS": "hand on values, not the test; put what goes around each test into a fixture",
    "B-MRO": "let one class do the set-up, or put the mixin before TestCase",
    "B-NAME": "rename the class or method, or what refers to it by a string",
    "B-NESTED": "move the nested class to the module, or give it a name that is not collected",
    "B-ORDER": "give every test a state of its own",
    "B-PARTIAL": "write the test as a function",
    "B-PATCHMULTI": "patch inside of the method, in a with block",
    "B-SKIP": "give the decorator its reason",
    "C-AUTO": "keep the marks: two plugins that run async tests need strict mode",
    "C-CLEANUP": "give coroutine functions to addAsyncCleanup, all others to addCleanup as functions by name",
    "C-CONFIG": "leave one configuration of pytest that says what counts",
    "C-CTXVAR": "set the variable in asyncSetUp, or reset it in the test itself",
    "C-DEBUG": "switch debug mode on for the test that needs it, or leave it out of the test",
    "C-LOOP": "leave the loop to pytest-asyncio: await in async tests and fixtures",
    "C-SCOPE": "give the fixture a loop_scope, and its tests the same",
    "C-SYNCFIX": "leave it: it is right in auto mode, too",
    "C-VACUOUS": "find out what it was meant to do, as nobody has awaited it so far; --awaken makes it run",
}
_FRAMEWORKS = {
    "absl": "Abseil",
    "aiohttp": "aiohttp",
    "asynctest": "asynctest",
    "django": "Django",
    "fixtures": "fixtures",
    "flask_testing": "Flask-Testing",
    "oslotest": "OpenStack",
    "rest_framework": "Django REST framework",
    "testscenarios": "testscenarios",
    "testtools": "testtools",
    "tornado": "Tornado",
    "twisted": "Twisted",
}


def advice(code: str) -> str:
    """What one could do about a refusal with this code; empty if there is nothing general to say."""
    return _ADVICE.get(code, "")


def framework(base: str) -> str:
    """The test framework that a dotted base belongs to; empty for any other."""
    return _FRAMEWORKS.get(base.partition(".")[0], "")
