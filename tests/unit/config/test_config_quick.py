"""Two readers, one opinion: what the quick one takes, the full one reads alike, positions and all."""

from pathlib import Path

import pytest
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
        *("{a: b}", "'", "''"),
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


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, 3), KEYS, st.one_of(st.none(), VALUES), st.booleans()), max_size=8))
def test_drawn_blocks(lines):
    text = "".join(
        "  " * depth
        + ("- " if item else "")
        + key
        + ("" if item and value is None else ":")
        + ("" if value is None else f" {value}")
        + "\n"
        for depth, key, value, item in lines
    )
    agree(text)
