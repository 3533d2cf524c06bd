"""What no conversion concerns stays as it is, byte for byte, however strangely it is written."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reassert import catalog
from reassert.engine import Member, rewrite
from reassert.model.config import Profile, RuleConfig
from reassert.model.facts import FileFacts
from reassert.model.outcomes import Rewritten, Unchanged
from reassert.model.source import SourceFile
from reassert.workspace.reading import decode

# Statements that stay: {i} is the indentation, {n} a number, ~ a form feed, @ what is not ASCII.
STAYING = [
    "{i}x{n}  =  [ 1,2 ,3 ]   # odd ",
    "{i}x{n} = (1,\n  2,{i}\n{i}    3 )",
    "{i}x{n}={n};y{n} = {n} ;",
    "{i}x{n} = 1 + \\\n   2",
    "{i}'''a string @\n\twith   tabs  \n~and form feeds'''",
    '{i}x{n} = "@" "\\\\" # @',
    "{i}# a comment @ {n}  \t",
    "   \t  # one that is indented as it likes {n}",
    "",
    "{i}   ",
    "~",
    "{i}if x{n} :  pass   # one line",
    "{i}def  f{n} (self ,a = 1) : return  a",
    "{i}print ( 'self.assertEqual(a, b)' )",
]
# Statements that go, and what they become.
GOING = [
    ("{i}self.assertEqual(a{n}, b{n})", "{i}assert a{n} == b{n}"),
    ("{i}self.assertTrue( a{n} )  # why {n}@", "{i}assert a{n}  # why {n}@"),
    ("{i}self.assertIn(a{n},b{n}, 'm @')", "{i}assert a{n} in b{n}, 'm @'"),
    ("{i}self.assertIsNone(a{n});", "{i}assert a{n} is None;"),
    ("{i}self.failUnlessEqual('@', a{n})  ", "{i}assert '@' == a{n}  "),
]


class Written(NamedTuple):
    """A file, and what must come of it, in lines without their ends."""

    before: list[str]
    after: list[str]


class Form(NamedTuple):
    """How lines become bytes."""

    newline: str
    encoding: str
    bom: bool
    last: bool

    def encode(self, lines: list[str]) -> bytes:
        """The bytes of a file."""
        cookie = ["# -*- coding: latin-1 -*-"] if self.encoding == "latin-1" else []
        text = "\n".join([*cookie, *lines]) + ("\n" if self.last else "")
        data = text.replace("\n", self.newline).encode(self.encoding)
        return codecs.BOM_UTF8 + data if self.bom else data


FORMS = st.builds(
    Form,
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "latin-1"]),
    st.booleans(),
    st.booleans(),
).filter(lambda form: not (form.bom and form.encoding == "latin-1"))


@st.composite
def files(draw: st.DrawFn) -> Written:
    """A module with one class and one method of statements that stay or go."""
    step = draw(st.sampled_from(["    ", "\t", " ", "   ", "  \t"]))
    head = ["import unittest", *_filled(draw, STAYING, "", 100), f"class T(unittest.TestCase):{step}"]
    before, after = [*head, f"{step}def test_a(self):"], [*head, f"{step}def test_a(self):"]
    indent = step * 2
    for number in range(draw(st.integers(1, 8))):
        old = new = draw(st.sampled_from(STAYING))
        if draw(st.booleans()):
            old, new = draw(st.sampled_from(GOING))
        before.append(_fill(old, indent, number))
        after.append(_fill(new, indent, number))
    tail = [_fill("{i}self.done = {n}", indent, 99), *_filled(draw, STAYING, "", 200)]
    return Written([*before, *tail], [*after, *tail])


def _filled(draw: st.DrawFn, templates: list[str], indent: str, first: int) -> list[str]:
    chosen = draw(st.lists(st.sampled_from(templates), max_size=4))
    return [_fill(template, indent, first + number) for number, template in enumerate(chosen)]


def _fill(template: str, indent: str, number: int) -> str:
    return template.format(i=indent, n=number).replace("~", "\f").replace("@", "\u00e9")


def converted(data: bytes, profile: Profile) -> bytes:
    source = decode(Path("test_x.py"), data)
    assert isinstance(source, SourceFile)
    outcome = rewrite(Member(source, catalog.load(), FileFacts(), RuleConfig(profile=profile))).outcome
    assert isinstance(outcome, (Rewritten, Unchanged)), outcome
    if isinstance(outcome, Unchanged):
        return data
    assert outcome.change.after is not None
    return outcome.change.after


@settings(max_examples=400, deadline=None)
@given(files(), FORMS)
def test_only_the_statements_that_are_converted_change(written: Written, form: Form) -> None:
    assert converted(form.encode(written.before), Profile.ASSERTS) == form.encode(written.after)


@settings(max_examples=200, deadline=None)
@given(files(), FORMS)
def test_a_class_that_becomes_plain_changes_in_its_header_only(written: Written, form: Form) -> None:
    after = form.encode(written.after)
    name, base = b"class T(unittest.TestCase):", b"import unittest"
    kept = after.replace(name, b"class TestT:").replace(base, b"")
    result = converted(form.encode(written.before), Profile.CLASSES)
    words = result.removeprefix(codecs.BOM_UTF8).replace(b"import pytest", b"").split()
    assert words == kept.removeprefix(codecs.BOM_UTF8).split()
    assert result.startswith(codecs.BOM_UTF8) == form.bom
    assert _line_ends(result) <= {form.newline.encode()}


def _line_ends(data: bytes) -> set[bytes]:
    crlf = data.count(b"\r\n")
    found = {b"\r\n": crlf, b"\n": data.count(b"\n") - crlf, b"\r": data.count(b"\r") - crlf}
    return {end for end, count in found.items() if count}


@pytest.mark.parametrize("template", STAYING)
def test_what_stays_is_python(template: str) -> None:
    compile("x0 = 1\n" + _fill(template, "", 0), "x.py", "exec")
