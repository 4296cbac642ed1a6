"""The tree that is built from the parser's events, and the positions that a second reading finds for it."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.depth import thorough

from provisioner.config.text.positions import positions
from provisioner.config.text.read import read

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").rglob("*.yaml"))
texts = st.text(min_size=1, max_size=9)
trees = st.recursive(
    texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=25,
)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_a_block_is_where_the_second_reading_finds_its_key(example: Path):
    text = example.read_text(encoding="utf-8")
    found = positions(text)

    for path, place in read(text).blocks.items():
        assert place == (found[path].key_line, found[path].key_column)


@settings(max_examples=thorough(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=st.dictionaries(texts, trees, max_size=4), flow=st.booleans(), style=st.sampled_from("'\""))
def test_any_tree_is_read_as_it_was_written(tree, flow, style):
    reading = read(yaml.safe_dump(tree, default_flow_style=flow, default_style=style, sort_keys=False))

    assert (reading.value, reading.slips) == (tree, [])
    assert list(reading.value) == list(tree)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n", {"a": {"b": 1, "c": 2}, "d": {"c": 3, "b": 1}}),
        ("a: &x {b: 1}\nb: &y {b: 2, c: 2}\nd: {<<: [*x, *y]}\n", {"b": 1, "c": 2}),
        ("a: &x b\nd: [*x, *x]\n", ["b", "b"]),
        ("d: {'<<': a}\n", {"<<": "a"}),
        ("d: {on: 1, 'on': 2}\n", {"on": 2}),
        ("d: {a: 1, b: &z {c: 1}, a: *z}\n", {"a": 1, "b": {"c": 1}}),
    ],
)
def test_merges_aliases_and_keys(text, value):
    read_ = read(text).value

    assert (read_ if "a" in read_ and "d" in value else read_["d"]) == value


def test_aliases_of_much_are_fine_where_the_file_is_much_itself():
    rows = "".join(f"r{n}: {{<<: *base}}\n" for n in range(30_000))
    reading = read("base: &base {" + ", ".join(f"k{n}: {n}" for n in range(40)) + "}\n" + rows)

    assert reading.sound
    assert reading.value["r29999"]["k39"] == 39


def test_a_long_chain_of_aliases_ends():
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 1000))

    assert read(text).sound
