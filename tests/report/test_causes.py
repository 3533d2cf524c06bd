import io
from pathlib import Path

from reassert.model.edits import Unit
from reassert.model.outcomes import Held, Location, Plan, Refusal
from reassert.report.causes import CAUSES, GROUPS, cause_rows
from reassert.report.text import write_rows

ROOT = Path("/work")


def at(name, line):
    return Location(ROOT / name, line)


def refusal(name, line, code, reason, unit="T"):
    return Refusal("rule", code, at(name, line), Unit("rule", unit), reason)


def shown(refusals, held, **options):
    out = io.StringIO()
    plan = Plan(ROOT, refusals=tuple(refusals), held=tuple(held))
    write_rows(cause_rows(plan, ROOT, **options), out, colour=False)
    return out.getvalue().splitlines()


def test_no_refusal_no_word():
    assert shown([], []) == []


def test_what_keeps_most_comes_first_and_consequences_are_no_causes():
    refusals = [
        refusal("a.py", 3, "A-EXPR", "used as a value", "T.test"),
        refusal("base.py", 12, "B-INTERNALS", "the class defines run", "Base"),
        refusal("c.py", 3, "B-COMPONENT", "Base, connected by inheritance, stays a TestCase"),
    ]
    held = [Held(at("base.py", 12), 24, 310, (1,), (24,)), Held(None, 0, 1, (0,))]
    assert shown(refusals, held) == [
        "What to fix first",
        "  24 classes        B-INTERNALS  the class defines run",
        "  310 assertions    base.py:12 in Base",
        "  1 assertion       A-EXPR       used as a value",
        "                    a.py:3 in T.test",
        "",
    ]


def test_the_same_cause_at_several_places_is_one():
    refusals = [
        refusal("a.py", 3, "B-GENTEST", "test_a is a generator"),
        refusal("b.py", 8, "B-GENTEST", "test_b is a generator"),
        refusal("b.py", 9, "B-GENTEST", "helper is a generator"),
    ]
    held = [Held(at(r.location.path.name, 1), 1, 0, (n,), (1,)) for n, r in enumerate(refusals)]
    assert shown(refusals, held) == [
        "What to fix first",
        "  2 classes         B-GENTEST  test_a is a generator",
        "                    a.py:3 in T and 1 more place in 2 files",
        "  1 class           B-GENTEST  helper is a generator",
        "                    b.py:9 in T",
        "",
    ]


def test_causes_of_the_same_classes_stand_together_the_farthest_reaching_first():
    refusals = [
        refusal("a.py", 9, "B-ORDER", "leaf", "Leaf"),
        refusal("b.py", 2, "B-INTERNALS", "base", "Base"),
        *(refusal("c.py", n, "B-DYNAMIC", f"c{n}") for n in range(1, 5)),
    ]
    held = [Held(at("b.py", 2), 7, 0, tuple(range(6)), (1, 7, 2, 2, 2, 2))]
    assert shown(refusals, held) == [
        "What to fix first",
        "  7 classes         B-INTERNALS  base",
        "                    b.py:2 in Base",
        "  also              B-DYNAMIC    c1",
        "                    c.py:1 in T",
        "  also              B-DYNAMIC    c2",
        "                    c.py:2 in T",
        "                    also 3 more causes: 2 B-DYNAMIC, 1 B-ORDER",
        "",
    ]
    assert len(shown(refusals, held, every=True)) == 2 + 2 * len(refusals)


def test_a_cause_of_many_families_stands_alone_unless_one_has_most_of_its_classes():
    shared, own = refusal("a.py", 1, "B-DYNAMIC", "shared"), refusal("b.py", 5, "B-ORDER", "own")
    families = [at("a.py", 1), at("b.py", 1), at("c.py", 1)]

    def rows(*classes):
        held = [
            Held(place, count, 0, (0, 1) if number == 0 else (0,), (1,) * 2)
            for number, (place, count) in enumerate(zip(families, classes, strict=True))
        ]
        return [row for row in shown([shared, own], held)[1:-1] if "B-" in row]

    assert rows(3, 3, 3) == [
        "  9 classes         B-DYNAMIC  shared",
        "  3 classes         B-ORDER    own",
    ]
    assert rows(7, 3, 3) == [
        "  13 classes        B-DYNAMIC  shared",
        "  also              B-ORDER    own",
    ]


def test_a_refusal_that_keeps_neither_class_nor_assertion_comes_last():
    refusals = [refusal("a.py", 1, "B-DYNAMIC", "main"), refusal("a.py", 2, "B-ORDER", "order")]
    rows = shown(refusals, [Held(at("a.py", 2), 1, 0, (1,), (1,))])
    assert rows[1].startswith("  1 class ")
    assert rows[3] == "  1 place           B-DYNAMIC  main"


def test_only_the_most_costly_groups_are_shown_unless_every_one_is_wanted():
    count = GROUPS + 3
    refusals = [refusal("a.py", n, "B-ORDER", f"cause {n}") for n in range(count)]
    held = [Held(at("a.py", n), n + 1, 0, (n,), (1,)) for n in range(count)]
    rows = shown(refusals, held)
    assert rows[1] == f"  {count} classes        B-ORDER  cause {count - 1}"
    assert rows[-2] == "                    and 3 more causes, which cost less (--verbose shows all)"
    assert len(rows) == 1 + 2 * GROUPS + 2
    assert len(shown(refusals, held, every=True)) == 1 + 2 * count + 1


def test_one_cause_too_many_is_shown_and_not_counted():
    refusals = [refusal("a.py", n, "B-ORDER", f"cause {n}") for n in range(CAUSES + 1)]
    held = [Held(at("a.py", 1), 1, 0, tuple(range(CAUSES + 1)), (1,) * (CAUSES + 1))]
    assert len(shown(refusals, held)) == 2 + 2 * (CAUSES + 1)


def test_thousands_of_refusals_fit_on_a_screen():
    refusals = [refusal(f"t{n % 90}.py", n, "B-DYNAMIC", f"X{n % 400} is instantiated") for n in range(4000)]
    held = [Held(at("a.py", f), 3, 1, tuple(range(f * 40, f * 40 + 40)), (1,) * 40) for f in range(100)]
    rows = shown(refusals, held)
    assert len(rows) <= 2 + GROUPS * (2 * CAUSES + 3)
    assert all(len(row) <= 100 for row in rows)
