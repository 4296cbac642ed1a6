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
