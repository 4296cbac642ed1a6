"""What is written is what is read: any sound value, in any spelling, comes out in its normal form."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.pages import ROOT

from provisioner.config.load import load_config
from provisioner.core.model.money import exponent
from provisioner.core.model.resource import Address, Ref
from provisioner.core.model.upload import Upload
from provisioner.core.schema.field import Field, Shape
from provisioner.kinds import KINDS
from provisioner.kinds.postal import COUNTRY
from provisioner.kinds.webhook_endpoint import URL

LOGO = ROOT / "examples" / "brand" / "logo.png"
SEVERAL = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXTS = {  # of the fields whose texts have a pattern
    "^[a-z]{3}$": st.just("usd"),
    URL: st.just("https://hooks.example.com/stripe"),
    COUNTRY: st.sampled_from(["US", "NO", "SE"]),
}
words = st.text("abcdefghij KLMNO.é#:-", min_size=1, max_size=12).map(str.strip).filter(bool)


def money(amount, currency="usd"):
    digits = exponent(currency)
    return f"{amount // 10**digits:,}.{amount % 10**digits:0{digits}d} {currency.upper()}"


def text(field):
    if field.choices:
        return st.sampled_from(field.choices)
    if field.pattern in TEXTS:
        return TEXTS[field.pattern]
    special = {"email": st.just("a@example.com"), "phone_number": st.just("+18008675309")}
    letters = st.text("abc XYZ", min_size=1, max_size=10).map(str.strip).filter(bool)
    return special.get(field.name, letters if field.pattern else words)


def values(field: Field) -> st.SearchStrategy:
    """Pairs of what to write and what should be read."""
    texts = st.lists(text(field), min_size=1, max_size=3)
    metadata = st.dictionaries(st.text("abc-", min_size=1, max_size=8), words, min_size=1, max_size=3)
    amounts = st.integers(field.low or 0, 10**9)
    by_shape = {
        Shape.AMOUNT: lambda: amounts.flatmap(lambda n: st.sampled_from([(n, n), (money(n), n)])),
        Shape.INTEGER: lambda: same(st.integers(field.low or 0, field.high or 9999)),
        Shape.BOOLEAN: lambda: same(st.booleans()),
        Shape.SET: lambda: texts.map(lambda items: (items, tuple(sorted(set(items))))),
        Shape.LIST: lambda: texts.map(lambda items: (items, tuple(items))),
        Shape.MAP: lambda: same(metadata),
        Shape.REF: lambda: st.just(("acme", Ref(Address(field.refers_to, "acme")))),
        Shape.HASH: lambda: hashes(field.fields, field.amounts_in),
        Shape.TABLE: lambda: tables(field),
        Shape.TEXT: lambda: same(text(field)),
        Shape.FILE: lambda: st.just(
            ({"file": LOGO.name}, Upload(LOGO.name, LOGO.read_bytes(), "issuing_logo"))
        ),
    }
    return by_shape[field.shape]()


def same(strategy):
    return strategy.map(lambda value: (value, value))


def tables(field):
    rows = st.lists(hashes(field.fields), min_size=1, max_size=3)
    pairs = rows.map(lambda each: ([w for w, _ in each], tuple(r for _, r in each)))
    return pairs.filter(
        lambda pair: len({str([row.get(key) for key in field.key]) for row in pair[1]}) == len(pair[1])
    )


def hashes(fields, always=""):
    needed = {f.name: values(f) for f in fields if f.required or f.name == always}
    optional = {f.name: values(f) for f in fields if f.name not in needed}
    return (
        st.fixed_dictionaries(needed, optional=optional)
        .filter(bool)
        .map(lambda both: ({k: w for k, (w, _) in both.items()}, {k: r for k, (_, r) in both.items()}))
    )


def resources(kind):
    """Resources without the fields that exclude each other, which `check` of the kind is for."""
    left_out = {
        "shipping",
        "exp_month",
        "exp_year",
        "replacement_for",
        "replacement_reason",
        "individual",
        "company",
    }
    fields = [field for field in kind.fields if field.name not in left_out]
    pairs = hashes(fields).filter(lambda pair: not list(kind.check(pair[1])))
    return pairs.filter(lambda pair: pair[1].get("type") != "physical")


DESIGN = {"physical_bundle": "ics_1"}
HOLDER = {
    "name": "Acme",
    "billing": {"address": {"line1": "1", "city": "S", "postal_code": "1", "country": "US"}},
}
NAMED = {"cardholders": {"acme": HOLDER}, "personalization_designs": {"acme": DESIGN}}
SPELLINGS = [
    yaml.safe_dump,
    lambda tree: yaml.safe_dump(tree, default_flow_style=True, width=40),
    json.dumps,
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.section)
@SEVERAL
@given(data=st.data())
def test_any_resource_in_any_spelling(folder, kind, data):
    folder({})
    shutil.copy(LOGO, ".")
    written, read = data.draw(resources(kind))
    tree = {"version": 1, "project": "p", **NAMED}
    tree[kind.section] = {**tree.get(kind.section, {}), "usd": written}
    text_ = data.draw(st.sampled_from(SPELLINGS))(tree)
    Path("a.yaml").write_text(text_, encoding="utf-8")

    config = load_config(Path("a.yaml"), KINDS)

    assert config.declared[Address(kind.section, "usd")].fields == read


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.section)
@SEVERAL
@given(data=st.data())
def test_it_makes_no_difference_which_part_comes_from_a_profile(folder, kind, data):
    folder({})
    shutil.copy(LOGO, ".")
    written, read = data.draw(resources(kind))
    inside = data.draw(st.sets(st.sampled_from(sorted(written))))
    own = {name: value for name, value in written.items() if name not in inside}
    profile = {name: value for name, value in written.items() if name in inside}
    tree = {"version": 1, "project": "p", **NAMED, "profiles": {"a": profile}}
    tree[kind.section] = {**tree.get(kind.section, {}), "usd": {"use": "a", **own}}
    Path("a.yaml").write_text(yaml.safe_dump(tree))

    config = load_config(Path("a.yaml"), KINDS)

    assert config.declared[Address(kind.section, "usd")].fields == read
