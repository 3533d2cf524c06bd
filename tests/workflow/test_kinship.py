"""The words by which a file may be related to another."""

from __future__ import annotations

from reassert.model.facts import ScannedClass, ScannedFacts
from reassert.workflow.kinship import MOST_WORDS, related_words


def test_what_the_relatives_bring_in_turn_counts_only_when_it_is_needed():
    asked = [ScannedFacts((ScannedClass("m.T", ("pkg.Base", "unittest.TestCase", "object"), frozenset()),))]
    found = [
        ScannedFacts((ScannedClass("Base", (":Root",), frozenset()), ScannedClass("X", ("Y",), frozenset()))),
        ScannedFacts(exports={"Root": "deep.Origin", "path": "os.path", "other": "os.name"}),
    ]
    assert related_words(asked) == (b"Base", b"T")
    assert related_words(asked, found) == (b"Base", b"Origin", b"Root", b"T")
    assert related_words([ScannedFacts()]) == ()


def test_a_name_beyond_ascii_is_not_looked_for_as_bytes():
    assert (
        related_words(
            [ScannedFacts((ScannedClass("Gr\N{LATIN SMALL LETTER O WITH DIAERESIS}n", (), frozenset()),))]
        )
        is None
    )


def test_too_many_names_are_not_looked_for():
    classes = tuple(ScannedClass(f"T{n}", (), frozenset()) for n in range(MOST_WORDS + 1))
    assert related_words([ScannedFacts(classes)]) is None
