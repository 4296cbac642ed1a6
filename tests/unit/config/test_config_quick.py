"""Two readers, one opinion: what the quick one takes, the full one reads alike, positions and all."""

import tracemalloc
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.config import read as full
from provisioner.config.quick import read_plain

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").rglob("*.yaml"))
BITS = st.sampled_from(
    [
        *" \n\t:#-,'\"[]{}&*!|>%@`?~.0159eExXoO_+=/\\",
        *("\n  ", "\n    ", ": ", " #", "- ", "null", "yes", "NO", "true", "~", "1:30", "0o7", "0x1", "1_0"),
        *(
            ".5",
            "1.",
            "2026-01-02",
            "=",
            "<<",
            "<<: ",
            "é",
            "\u2028",
            "\x85",
            "\r",
            "  a: b\n",
            "a: [b, c]\n",
        ),
        *("{a: b}", "'", "''", "- a: b", "\n- ", "\n  - ", " # why"),
    ]
)
KEYS = st.sampled_from(
    ["a", "b-c", "d.e", "1", "yes", "null", "on", "x y", "'q'", '"r"', "é", "-z", "3.5", "0x1"]
)
VALUES = st.one_of(
    KEYS,
    BITS,
    st.sampled_from(
        [
            "1,000.00 USD",
            '"2,000.00 USD"',
            "[a, b]",
            "{a: 1}",
            "{a: b: c}",
            "{a: b, a: c}",
            "[a, [b]]",
            "+1800",
            "12e3",
            "a: b",
            "a #b",
        ]
    ),
)


def agree(text):
    plain = read_plain(text)
    if plain is None:
        return
    reading = full.read_in_full(text)
    assert reading.sound
    assert not reading.slips
    assert repr(reading.value) == repr(plain.value)
    assert reading.blocks == plain.blocks
    assert not reading.empties


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_examples(example):
    agree(example.read_text(encoding="utf-8"))


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_examples(data):
    text = data.draw(st.sampled_from(EXAMPLES)).read_text(encoding="utf-8")[:1500]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 3))
        text = text[:at] + data.draw(BITS) + text[at + gone :]
    agree(text)


LINES = st.tuples(
    st.integers(0, 3),
    KEYS,
    st.one_of(st.none(), VALUES),
    st.sampled_from(["", "", "- ", "-  "]),
    st.booleans(),
)


@settings(max_examples=800)
@given(st.lists(LINES, max_size=9), st.sampled_from(["", "", " # why", "  # it's [so]", "#"]))
def test_drawn_blocks(lines, remark):
    text = "".join(
        "  " * depth
        + dash
        + key
        + ("" if dash and bare else ":")
        + ("" if value is None else f" {value}")
        + remark
        + "\n"
        for depth, key, value, dash, bare in lines
    )
    agree(text)


TREES = st.recursive(
    st.one_of(st.integers(-9, 9), st.sampled_from(["a", "b c", "12.00 USD", "'x'", "2,000.00 USD", True])),
    lambda below: st.one_of(
        st.lists(below, min_size=1, max_size=3),
        st.dictionaries(st.sampled_from("abcd"), below, min_size=1, max_size=3),
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(["cards", "x", "y"]), TREES, min_size=1))
def test_what_programs_write(tree):
    agree(yaml.safe_dump(tree, sort_keys=False))


def test_what_programs_and_people_write_is_read_quickly():
    rows = [{"amount": "100.00 USD", "interval": "monthly", "categories": ["a", "b"]}, {"amount": 5}]
    tree = {"version": 1, "cards": {"ads": {"use": "x", "limits": rows, "more": {"a": 1}}, "b": {"c": 2}}}
    for text in (yaml.safe_dump(tree, sort_keys=False), yaml.safe_dump(tree).replace("\n", "  # why\n")):
        plain = read_plain(text)
        assert plain
        assert plain.value == tree
        agree(text)


FIELDS = st.sampled_from(
    [
        "{0}a: {1}\n",
        "{0}b: {1}\n{0}c:   {2}\n",
        "{0}d:\n{0}  e: {1}\n{0}  f:\n{0}    g: {2}\n",
        "{0}h: {{i: {1}, j: {2}}}\n",
        "{0}k:\n{0}  - {{l: {1}}}\n{0}  - {2}\n",
        "{0}m:\n{0}- n: {1}\n{0}  o: {2}\n{0}- n: {2}\n",
        "{0}p:\n{0}  - q:\n{0}      - {1}\n{0}    r: {2}\n",
        "{0}s: 3  # {2}\n",
    ]
)
SIMPLE = st.sampled_from(["x", "x y", "5", "'5'", '"a #b"', "12.00 USD", "true", "+14155551000", "é"])
HARMLESS = ["\n", "  \n", "# why\n", "      # deep\n"]
ODD = ["    z: 1\n", "      z: 1\n", "  - z\n", "    - z\n", " z: 1\n", "z: 1\n", "  c20:\n    a: 1\n", "#"]


@st.composite
def blocks_like_each_other(draw):
    """Sections of many blocks in a few layouts: the lines of them."""
    layouts = draw(st.lists(st.lists(FIELDS, min_size=1, max_size=3, unique=True), min_size=1, max_size=3))
    texts = draw(st.lists(st.tuples(SIMPLE, SIMPLE), min_size=1, max_size=5))
    lines = []
    for section in draw(st.sampled_from([["cards"], ["cards", "more"]])):
        lines.append(f"{section}:\n")
        name, inner = " " * draw(st.integers(1, 3)), " " * draw(st.integers(4, 6))
        for n in range(draw(st.integers(17, 40))):
            fields = "".join(layouts[(n * n) % len(layouts)]).format(inner, *texts[n % len(texts)])
            lines += f"{name}c{n}:\n{fields}".splitlines(keepends=True)
    return lines


def within(draw, lines, inserted):
    for each in inserted:
        at = draw(st.integers(1, len(lines)))
        lines = [*lines[:at], each, *lines[at:]]
    return "".join(lines)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_many_blocks_laid_out_alike_are_taken(data):
    remarks = data.draw(st.lists(st.sampled_from(HARMLESS), max_size=3))
    text = within(data.draw, data.draw(blocks_like_each_other()), remarks)
    assert read_plain(text)
    agree(text)
    agree(text[:-1])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_something_else_among_many_blocks_laid_out_alike(data):
    odd = data.draw(st.one_of(st.sampled_from(ODD), VALUES.map("    a: {}\n".format)))
    agree(within(data.draw, data.draw(blocks_like_each_other()), [odd]))


def test_blocks_laid_out_alike_are_taken_whatever_lies_between_them():
    block = "  c{0}:\n    use: x\n    limits:\n    - amount: {0}\n      of: [a, b]\n    - amount: 5\n"
    between = ("", "\n", "# why\n", "      # deep\n\n")
    text = "cards:\n" + "".join(block.format(n) + between[n % 4] for n in range(100)) + "version: 1\n"
    plain = read_plain(text)
    assert plain
    assert plain.value["cards"]["c77"] == {
        "use": "x",
        "limits": [{"amount": 77, "of": ["a", "b"]}, {"amount": 5}],
    }
    agree(text)


def blocks(count, *lines, indent=2):
    return "".join(
        f"{' ' * indent}c{n}-{indent}:\n" + "".join(f"{' ' * indent}{line}\n" for line in lines)
        for n in range(count)
    )


LEARNED = "cards:\n" + blocks(20, "  a: 1")


@pytest.mark.parametrize(
    "text",
    [
        LEARNED + blocks(1, "  a: 1", "  b: 2", indent=2).replace("c0", "d"),
        LEARNED + "  d:\n    a: 1\n# why\n    b: 2\n",
        "cards:\n" + blocks(20, "  - a", "  - b: 1"),
        "cards:\n" + blocks(20, "  d.e: 1") + "  d:\n    dxe: 1\n",
        "cards:\n" + blocks(20, "  a: # why", "    b: 1") + "  d:\n    a:\n      b: 1\n",
        f"cards:\n{blocks(20, '  a: 1')}more:\n{blocks(20, '  a: 1', indent=4)}",
    ],
)
def test_blocks_that_are_laid_out_in_another_way_are_taken_too(text):
    assert read_plain(text)
    agree(text)


@pytest.mark.parametrize(
    "text",
    [
        LEARNED + "    b: 2\n      c: 1\n",
        LEARNED + " d:\n    a: 1\n",
        LEARNED + "  d:\n    a: {a: b, a: c}\n",
        "cards:\n" + blocks(20, "  a: # why", "    b: 1") + "  d:\n    a: 5\n      b: 1\n",
        f"cards:\n{blocks(20, '  a: 1')}more:\n{blocks(20, '  a: 1', indent=4)}  d:\n    a: 1\n",
    ],
)
def test_what_is_no_yaml_behind_blocks_laid_out_alike(text):
    assert read_plain(text) is None
    assert full.read_in_full(text).slips


def test_a_name_is_found_to_be_there_already_among_blocks_laid_out_alike():
    text = "cards:\n" + "".join(f"  c{n}:\n    use: x\n" for n in (*range(30), 3, *range(30, 40)))
    assert read_plain(text) is None


LONG_KEYS = [
    "{}: 1\n",
    "a:\n  b: {{{}: 1}}\n",
    'a:\n  b: {{"{}": 1}}\n',
    "a:\n- {}: 1\n",
    "a: [{{{}: [b]}}]\n",
]


@pytest.mark.parametrize("text", LONG_KEYS)
def test_a_key_is_too_long_for_both(text):
    assert read_plain(text.format("k" * 200)) is not None
    agree(text.format("k" * 200))
    assert full.read_in_full(text.format("k" * 201)).slips
    assert read_plain(text.format("k" * 201)) is None


def test_no_more_than_the_text_again_is_held_on_the_way():
    text = "cards:\n" + "".join(f"  c{n}:\n    cardholder: h{n}\n    type: virtual\n" for n in range(3000))
    tracemalloc.start()
    try:
        plain = read_plain(text)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(plain.value["cards"]) == 3000
    assert most - kept < len(text)
