"""No input, however broken, ends in anything but a configuration or a list of problems."""

from pathlib import Path

import pytest
import yaml
from config_texts import BASE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.depth import thorough

from provisioner.config.load import load_config
from provisioner.core.model.errors import ConfigError
from provisioner.kinds import KINDS

RICH = (
    BASE
    + """\
    use: [base, more]
    lifecycle: {protect: true, ignore: [status], previously: [old]}
    metadata: &m {team: "ads", note: "${var.note} ${env.HOME}"}
  second:
    <<: {use: more, cardholder: acme}
    metadata: *m
profiles:
  base:
    status: active
    spending_controls:
      allowed_categories: [bakeries]
      spending_limits: [{amount: "2,000.00 USD", interval: monthly}, {amount: 5, interval: daily}]
  more: {use: base, type: virtual, currency: usd}
balance_targets:
  usd: {target: "20,000.00 USD", top_up_below: 1000}
guardrails: {max_top_up: {usd: 5}, max_retired: 5}
vars: {note: hello}
mode: test
account: acct_1Abc
"""
)
ODD = ["<<", "${", "${var.", "&m", "*m", "!!set", "NO", "1e3", "0o7", ".nan", "2024-01-01", "--- ", "?", "- "]
BREAKS = ["\n", "\x85", "\u2028", "\r", "\\ud800", "\t", "\0", "\ufeff"]
TOKENS = [*RICH.replace("\n", " \n ").split(" "), *"[]{}:,&*!|>%@`'\"#-?~", *ODD, *BREAKS]
QUICK = settings(
    max_examples=thorough(50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

splices = st.lists(
    st.tuples(st.integers(0, len(RICH)), st.integers(0, 12), st.sampled_from(TOKENS)), min_size=1, max_size=4
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates()
keys = st.sampled_from(
    "version project mode account vars profiles cards cardholders balance_targets guardrails use lifecycle "
    "cardholder currency type status spending_controls spending_limits amount interval metadata a usd".split()
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=25,
)


@pytest.fixture
def survives(folder):
    """Load a file of these bytes; whatever is wrong must come as problems, each with a text of one line."""
    file = Path("a.yaml")
    folder({})

    def run(data):
        file.write_bytes(data)
        try:
            load_config(file, KINDS, environ={"HOME": "h"})
        except ConfigError as error:
            problems = error.problems
        else:
            return
        assert problems
        for problem in problems:
            assert str(problem).encode()
            assert len(problem.text) < 1000
            assert "\n" not in problem.text
            assert problem.where is None or problem.where.line >= 1

    return run


def test_the_text_that_is_mutated_is_sound(load):
    assert load(RICH, environ={"HOME": "h"}).project == "p"


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes(survives, data):
    survives(data)


@QUICK
@given(st.lists(st.sampled_from(TOKENS), max_size=30))
def test_any_tokens(survives, tokens):
    survives(" ".join(tokens).encode())


@QUICK
@given(splices)
def test_any_mutation(survives, edits):
    text = RICH
    for at, cut, token in edits:
        text = text[:at] + token + text[at + cut :]
    survives(text.encode())


@QUICK
@given(st.dictionaries(keys, trees, max_size=6))
def test_any_tree(survives, tree):
    survives(yaml.safe_dump({"version": 1, "project": "p", **tree}).encode())


@QUICK
@given(st.sampled_from("cards cardholders profiles balance_targets guardrails vars".split()), trees)
def test_any_section(survives, section, tree):
    survives(yaml.safe_dump({"version": 1, "project": "p", section: {"usd": tree}}).encode())
