"""What sound YAML becomes: the normal form that the rest of the program works on."""

from pathlib import Path

import pytest
from config_texts import BASE, CARD, HEAD, HOLDER

from provisioner.config.load import load_config
from provisioner.core.model.config import Guardrails
from provisioner.core.model.resource import Address, Lifecycle, Ref, Reissue
from provisioner.kinds import KINDS

ADS = Address("cards", "ads")


def ads(load, more):
    return load(BASE + more).declared[ADS]


def test_a_small_configuration(load):
    config = load(BASE + "mode: live\naccount: acct_1Abc\n")

    assert (config.project, config.mode, config.account) == ("p", "live", "acct_1Abc")
    assert list(config.declared) == [Address("cardholders", "acme"), ADS]
    card = config.declared[ADS]
    assert card.fields == {
        "cardholder": Ref(Address("cardholders", "acme")),
        "currency": "usd",
        "type": "virtual",
    }
    assert str(card.where) == "a.yaml:9:3"
    assert card.lifecycle == Lifecycle()


def test_mode_is_test_unless_said(load):
    config = load(BASE)

    assert (config.mode, config.account, config.guardrails) == ("test", None, Guardrails())


def test_amounts_become_minor_units_and_sets_lose_their_order(load):
    more = """\
    spending_controls:
      allowed_merchant_countries: [US, CA, US]
      spending_limits:
        - {amount: "2,000.00 USD", interval: monthly}
        - {amount: 500, interval: daily, categories: [bakeries, airlines_air_carriers]}
"""
    assert ads(load, more).fields["spending_controls"] == {
        "allowed_merchant_countries": ("CA", "US"),
        "spending_limits": (
            {"amount": 200000, "interval": "monthly"},
            {"amount": 500, "interval": "daily", "categories": ("airlines_air_carriers", "bakeries")},
        ),
    }


def test_the_order_of_locales_is_kept(load):
    config = load(HEAD + HOLDER + "    preferred_locales: [fr, de, nl]\n")

    assert config.declared[Address("cardholders", "acme")].fields["preferred_locales"] == ("fr", "de", "nl")


def test_what_declares_nothing_is_not_declared(load):
    more = "    status: ~\n    metadata: {}\n    spending_controls: ~\n    lifecycle_controls: {}\n"

    assert ads(load, more).fields.keys() == {"cardholder", "currency", "type"}


def test_what_is_declared_to_be_empty_is_declared(load):
    config = load(HEAD + HOLDER + "    preferred_locales: []\n    spending_controls: {spending_limits: []}\n")
    fields = config.declared[Address("cardholders", "acme")].fields

    assert (fields["preferred_locales"], fields["spending_controls"]) == ((), {})


def test_metadata_is_kept_as_texts(load):
    assert ads(load, '    metadata: {team: ads, cost: "5"}\n').fields["metadata"] == {
        "team": "ads",
        "cost": "5",
    }


def test_the_id_of_a_holder_that_is_not_managed_here(load):
    config = load(HEAD + CARD.replace("acme", "ich_1Abc"))

    assert config.declared[ADS].fields["cardholder"] == "ich_1Abc"


def test_a_declared_name_wins_over_an_id(load):
    config = load((HEAD + HOLDER + CARD).replace("acme", "ich_1Abc"))

    assert config.declared[ADS].fields["cardholder"] == Ref(Address("cardholders", "ich_1Abc"))


def test_lifecycle(load):
    more = """\
    lifecycle:
      protect: true
      on_remove: cancel
      previously: [old, older]
      ignore: [status, spending_controls.spending_limits]
      reissue: {number: 2, reason: lost}
"""
    assert ads(load, more).lifecycle == Lifecycle(
        protect=True,
        on_remove="cancel",
        previously=("old", "older"),
        ignore=frozenset({"status", "spending_controls.spending_limits"}),
        reissue=Reissue(2, "lost"),
    )


def test_two_resources_cannot_have_been_one(problems):
    text = BASE + "    lifecycle: {previously: [old]}\n  more:\n    use: same\n    cardholder: acme\n"
    text += "    lifecycle: {previously: [old]}\nprofiles: {same: {currency: usd, type: virtual}}\n"

    says = "the resource at a.yaml:9:3 also claims 'old'; remove one of the two"
    assert problems(text) == [f"a.yaml:17:30: cards.more: 'previously': {says}"]


@pytest.mark.parametrize(
    ("written", "limits"),
    [
        ('"50,000.00 USD"', {"usd": 5000000}),
        ("{usd: 100, eur: 5.00 EUR}", {"usd": 100, "eur": 500}),
        ("100", {"usd": 100}),  # the currencies of the configuration
    ],
)
def test_guardrails(load, written, limits):
    config = load(
        BASE + f"guardrails: {{max_top_up: {written}, max_retired: 0, require_approval: broadening}}\n"
    )

    assert config.guardrails == Guardrails(max_top_up=limits, max_retired=0, require_approval="broadening")


def test_anchors_and_merge_keys_are_understood(load):
    text = BASE.replace("  ads:\n", "  ads: &ads\n") + "    metadata: &m {a: b}\n"
    text += "  more:\n    <<: *ads\n    status: active\n  most: {<<: [*ads], metadata: {<<: *m, c: d}}\n"

    declared = load(text).declared

    more, most = declared[Address("cards", "more")].fields, declared[Address("cards", "most")].fields
    assert more == {**declared[ADS].fields, "status": "active"}
    assert most["metadata"] == {"a": "b", "c": "d"}


def test_a_resource_that_an_alias_brings_is_placed_at_the_alias(load):
    text = BASE.replace(
        "cards:\n", "cards:\n  <<: {more: &more {cardholder: acme, currency: usd, type: virtual}}\n"
    )

    assert str(load(text).declared[Address("cards", "more")].where).startswith("a.yaml:9:")


def test_an_alias_of_a_text(load):
    text = BASE.replace("currency: usd", "currency: &c usd") + "    metadata: {c: *c}\n"

    assert load(text).declared[ADS].fields["metadata"] == {"c": "usd"}


def test_an_alias_bomb_is_refused_quickly(problems):
    text = HEAD + "vars:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for n in range(1, 30):
        text += f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n"

    assert any("aliases expand to far more than the file itself" in line for line in problems(text))


def test_a_ladder_of_profiles_is_no_bomb(load):
    rungs = "".join(f"  p{n}: {{use: [p{n - 1}, p{n - 1}]}}\n" for n in range(1, 40))

    config = load(BASE + "    use: p39\nprofiles:\n  p0: {status: active}\n" + rungs)

    assert config.declared[ADS].fields["status"] == "active"


def test_an_endless_ladder_of_profiles_ends(problems):
    rungs = [f"  p{n}: {{use: p{n - 1}}}\n" for n in range(1, 2000)]
    for order in (rungs, rungs[::-1]):
        lines = problems(BASE + "    use: p1999\nprofiles:\n  p0: {status: active}\n" + "".join(order))

        assert any("more than 50 profiles are nested in each other" in line for line in lines)


def test_the_pure_python_parser_reads_the_same(load, problems, monkeypatch):
    import yaml  # noqa: PLC0415

    monkeypatch.setattr("provisioner.config.text.read._LOADER", yaml.SafeLoader)

    assert load(BASE).declared[ADS].fields["currency"] == "usd"
    assert problems(BASE + "    status: activ\n    second_line: a\x01\n")[0].startswith("a.yaml:14:19: ")


def test_the_file_of_a_problem_is_named_as_it_was_given(folder):
    root = folder({"a.yaml": "a: 1"})
    for given in ("a.yaml", "./a.yaml", str(root / "a.yaml")):
        with pytest.raises(Exception, match=f"^{Path(given)}:1:1: "):
            load_config(Path(given), KINDS)
