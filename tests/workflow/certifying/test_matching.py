import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reassert.workflow.certifying.matching import match_by_map, match_by_name
from reassert.workflow.certifying.names import parse_nodeid, plain_class

FILE = "tests/test_a.py"


def after(matching):
    return {old: match.after for old, match in matching.matches.items()}


@pytest.mark.parametrize(
    ("nodeid", "parts"),
    [
        ("a.py::T::test", ("a.py", ("T",), "test", "")),
        ("a.py::T::Inner::test[x::y[0]]", ("a.py", ("T", "Inner"), "test", "[x::y[0]]")),
        ("a.py::test", ("a.py", (), "test", "")),
        ("dir[1]/a.py::test[]", ("dir[1]/a.py", (), "test", "[]")),
        ("a.py", ("a.py", (), "", "")),
    ],
)
def test_a_node_id_is_taken_apart_and_put_together(nodeid, parts):
    name = parse_nodeid(nodeid)
    assert tuple(name) == parts
    assert name.nodeid == nodeid


@pytest.mark.parametrize(
    "name", ["FooTest", "TestFoo", "FooTests", "FooTestCase", "FooCase", "Test_Foo", "Foo"]
)
def test_affixes_of_a_class_do_not_count(name):
    assert plain_class((name,)) == "foo"


@pytest.mark.parametrize("name", ["SortedTestCase", "TestSorted", "Sorted_Tests", "sorted_test"])
def test_an_affix_ends_where_a_word_does(name):
    assert plain_class((name,)) == "sorted"


@pytest.mark.parametrize("name", ["Test", "TestCase", "Tests", "Case"])
def test_a_class_of_affixes_alone_keeps_a_name(name):
    assert plain_class((name,))


@pytest.mark.parametrize(
    ("old", "targets", "known", "expected"),
    [
        ("::A::t", None, ["::A::t"], ["::A::t"]),
        ("::A::t", None, [], ["::A::t"]),
        ("::A::t", ["::B::t"], ["::A::t"], ["::B::t"]),
        ("::A::t[1]", ["::B::t"], ["::B::t[1]", "::B::t[2]"], ["::B::t[1]"]),
        ("::A::t", ["::B::t"], ["::B::t[1]", "::B::t[2]"], ["::B::t[1]", "::B::t[2]"]),
        ("::A::t", ["::B::t1", "::B::t2"], ["::B::t1"], ["::B::t1", "::B::t2"]),
        ("::A::t", ["::B::all[t]"], ["::B::all[t]", "::B::all[u]"], ["::B::all[t]"]),
        ("::A::t[1]", ["::B::all[t]"], ["::B::all[t-1]"], ["::B::all[t-1]"]),
        ("::A::t[1]", ["::B::t"], ["::B::t"], ["::B::t"]),
        ("::A::t[1]", ["::B::t"], ["::B::t[2]"], ["::B::t[1]"]),
    ],
)
def test_the_test_map_is_followed(old, targets, known, expected):
    test_map = {parse_nodeid(FILE + old).base: [FILE + t for t in targets]} if targets else {}
    matching = match_by_map([FILE + old], [FILE + new for new in known], test_map)
    assert after(matching) == {FILE + old: tuple(FILE + new for new in expected)}
    assert matching.matches[FILE + old].certain


@pytest.mark.parametrize(
    ("olds", "news", "expected"),
    [
        ("A::t", "A::t", {"A::t": "A::t"}),
        ("ATests::t", "TestA::t", {"ATests::t": "TestA::t"}),
        ("ATests::testFoo", "TestA::test_foo", {"ATests::testFoo": "TestA::test_foo"}),
        ("ATests::test_x", "test_x", {"ATests::test_x": "test_x"}),
        ("A::test_x B::test_x", "test_a_x test_b_x", {"A::test_x": "test_a_x", "B::test_x": "test_b_x"}),
        ("A::test_x B::test_x", "test_x", {"A::test_x": "", "B::test_x": ""}),
        ("A::test_x", "Other::test_x", {"A::test_x": "Other::test_x"}),
        ("A::test_x", "A::test_x[1] A::test_x[2]", {"A::test_x": "A::test_x[1] A::test_x[2]"}),
        (
            "A::test_x[1] A::test_x[2]",
            "A::test_x",
            {"A::test_x[1]": "A::test_x", "A::test_x[2]": "A::test_x"},
        ),
        ("A::test_x[1] A::test_x[2]", "B::test_x[2]", {"A::test_x[1]": "", "A::test_x[2]": "B::test_x[2]"}),
        ("A::test_x[v1] A::test_x[v2]", "A::test_x[a] A::test_x[b]", {"A::test_x[v1]": "A::test_x[a]"}),
        (
            "A::test_parse A::test_parse_negative",
            "test_parse[basic] test_parse[negative]",
            {"A::test_parse": "test_parse[basic]", "A::test_parse_negative": "test_parse[negative]"},
        ),
        (
            "A::test_one A::test_two",
            "test_all[test_one] test_all[test_two]",
            {"A::test_two": "test_all[test_two]"},
        ),
        ("A::test_deep", "test_all[very-deep-1] test_all[very-deep-2]", {"A::test_deep": None}),
        ("A::test_x", "A::test_y", {"A::test_x": ""}),
        ("ATests::testFoo", "test_foo", {"ATests::testFoo": "test_foo"}),
        (
            "CartTests::test_add OrderTests::test_add",
            "test_add_to_order test_cart_add",
            {"CartTests::test_add": "test_cart_add", "OrderTests::test_add": "test_add_to_order"},
        ),
        ("OrderTests::test_add", "test_add_order_1 test_add_order_2", {"OrderTests::test_add": ""}),
    ],
)
def test_names_are_found_again_in_the_same_file(olds, news, expected):
    def ids(text):
        return [f"{FILE}::{name}" for name in text.split()]

    found = after(match_by_name(ids(olds), ids(news)))
    for old, new in expected.items():
        wanted = ids(news) if new is None else ids(new)
        assert found[f"{FILE}::{old}"] == tuple(wanted)


def test_it_says_what_it_is_sure_of():
    olds = [f"{FILE}::A::test_same", f"{FILE}::ATests::test_other"]
    found = match_by_name(olds, [f"{FILE}::A::test_same", f"{FILE}::TestA::test_other"]).matches
    assert [(match.certain, match.how) for match in found.values()] == [
        (True, ""),
        (False, "the class's name but for Test or Case"),
    ]


def test_a_renamed_file_is_followed_for_sure():
    found = match_by_name(["old.py::A::t"], ["new.py::A::t"], {"old.py": "new.py"})
    assert found.matches["old.py::A::t"].after == ("new.py::A::t",)
    assert found.matches["old.py::A::t"].certain


def test_a_unique_name_is_found_in_another_file():
    found = match_by_name(["a.py::A::test_x", "a.py::A::test_y"], ["b.py::TestA::test_x", "c.py::test_y"])
    assert list(after(found).values()) == [("b.py::TestA::test_x",), ("c.py::test_y",)]
    assert not any(match.certain for match in found.matches.values())


def test_a_name_that_is_not_unique_is_not_guessed():
    found = match_by_name(["a.py::A::test_x"], ["b.py::TestB::test_x", "c.py::TestC::test_x"])
    assert after(found) == {"a.py::A::test_x": ()}


NAMES = st.lists(
    st.tuples(
        st.sampled_from(["a.py", "b.py"]),
        st.sampled_from(["", "A::", "ATests::", "TestB::"]),
        st.sampled_from(["test_x", "testX", "test_y"]),
        st.sampled_from(["", "[1]", "[x-y]"]),
    ).map(lambda parts: f"{parts[0]}::{parts[1]}{parts[2]}{parts[3]}"),
    unique=True,
)


@settings(deadline=None)
@given(NAMES, NAMES)
def test_no_new_test_is_given_away_twice_but_to_cases_of_one_test(olds, news):
    found = after(match_by_name(olds, news))
    assert list(found) == olds
    owners = {}
    for old, ids in found.items():
        for new in ids:
            assert new in news
            owners.setdefault(new, set()).add(parse_nodeid(old).base)
    assert all(len(bases) == 1 for bases in owners.values())


@settings(deadline=None)
@given(NAMES)
def test_a_suite_is_matched_with_itself(ids):
    assert after(match_by_name(ids, ids)) == {nodeid: (nodeid,) for nodeid in ids}
    assert after(match_by_map(ids, ids, {})) == {nodeid: (nodeid,) for nodeid in ids}
