"""The `scenarios` section: what it means, and what is said of a broken one."""

import pytest
from config_texts import BASE  # its card `ads` is in dollars; scenarios begin in line 13

from provisioner.core.model.errors import Where
from provisioner.core.model.resource import Address
from provisioner.core.model.scenario import Purchase, Scenario

ADS = "category: advertising_services"
HEAD = BASE + "scenarios:\n"


def one(**more):
    """A sound scenario in one line, the 14th; its value begins in column 6."""
    keys = {"card": "ads", "amount": "500", "category": "advertising_services", "expect": "approved", **more}
    return HEAD + "  one: {" + ", ".join(f"{key}: {value}" for key, value in keys.items() if value) + "}\n"


def test_the_shortest_scenario(load):
    [scenario] = load(one()).scenarios

    assert scenario == Scenario(
        name="one",
        card=Address("cards", "ads"),
        purchase=Purchase(500, "advertising_services", "US", "online"),
        approved=True,
        currency="usd",
        where=Where("a.yaml", 14, 3),
    )


def test_all_that_a_scenario_can_say(load):
    text = one(
        amount='"5.00 USD"',
        merchant_country="FR",
        presence="present",
        at='"2026-12-01T00:00:00+01:00"',
        repeat="2",
        after='[{amount: 3, repeat: 2, at: "2026-11-30T22:00:00Z"}, '
        "{amount: 4, category: caterers, merchant_country: JP, authorization_method: keyed_in}]",
        balance='"9.99 USD"',
        expect="declined",
        reason="insufficient_funds",
    )

    [scenario] = load(text).scenarios

    late = 1_796_079_600
    last = Purchase(500, "advertising_services", "FR", "chip", late)
    early = Purchase(3, "advertising_services", "FR", "chip", late - 3600)
    other = Purchase(4, "caterers", "JP", "keyed_in", late)
    assert scenario.purchases == (early, early, other, last, last)
    assert (scenario.balance, scenario.approved, scenario.reason) == (999, False, "insufficient_funds")
    assert [purchase.presence for purchase in (early, other)] == ["present", "not_present"]


def test_variables_and_environments_reach_scenarios(load):
    files = {
        "a.yaml": one(amount='"${var.price}"') + "vars: {price: 70}\n",
        "environments/prod.yaml": "scenarios: {one: {expect: declined}}\n",
    }

    [scenario] = load(files, path=".", env="prod", variables={"price": "80"}).scenarios

    assert (scenario.purchase.amount, scenario.approved) == (80, False)


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        (one(card="ic_123"), "14:15", "'ic_123' is not declared under 'cards'; declare it there"),
        (one(amount='"5.00 EUR"'), "14:28", "'amount' is in EUR, but the amounts here are in USD"),
        (one(amount="5.5"), "14:28", "expected an amount, got a number with a fraction"),
        (one(amount="-1"), "14:28", "must be at least 0"),
        (
            one(category="advertising"),
            "14:43",
            "did you mean 'advertising_services'?",
        ),
        (one(expect="approve"), "14:73", "did you mean 'approved'?"),
        (one(expect=""), "14:3", "'expect' is missing"),
        (one(reason="spending_controls"), "14:91", "only for declined purchases"),
        (one(expect="declined", reason="card_active"), "14:91", "is not one of Stripe's"),
        (one(presence="present", authorization_method="chip"), "14:93", "remove one of the two"),
        (
            one(after="[{amount: 1, presence: present, authorization_method: chip}]"),
            "14:113",
            "remove one of",
        ),
        (one(after='[{amount: "1.00 EUR"}]'), "14:100", "'amount' is in EUR"),
        (one(after="[{category: caterers}]"), "14:91", "'amount' is missing"),
        (one(at="2026-11-30T10:00:00Z"), "14:87", 'quote it: "2026-11-30T10:00:00Z"'),
        (one(at='"2026-11-30"'), "14:87", "a time needs a date and a time zone"),
        (one(at='"2026-11-31T10:00:00Z"'), "14:87", "is not a date and time"),
        (one(after='[{amount: 1, at: "2026-11-30T10:00:00Z"}]'), "14:107", "the scenario itself needs 'at'"),
        (
            one(at='"2026-11-29T10:00:00Z"', after='[{amount: 1, at: "2026-11-30T10:00:00Z"}]'),
            "14:87",
            "list purchases in order of time",
        ),
        (one(repeat="101"), "14:91", "must be at most 100"),
        (one(merchant_country="NO"), "14:101", "expected a string, got a boolean"),
        (one(cards="ads"), "14:83", "did you mean 'card'?"),
        (HEAD + "  one two: {}\n", "14:3", "a name is at most 100 letters"),
    ],
)
def test_a_broken_scenario(problems, text, where, said):
    lines = problems(text)

    assert any(line.startswith(f"a.yaml:{where}: scenarios") and said in line for line in lines), lines


def test_results_are_shown_so_nothing_in_a_scenario_is_secret(problems):
    [line] = problems(one(amount='"${env.PRICE}"'), environ={"PRICE": "7.77 USD"})

    assert "'amount' comes from the environment" in line
    assert "7.77" not in line


def test_a_scenario_of_a_broken_card_is_not_blamed(problems):
    [line] = problems(one().replace("    currency: usd\n", "    currency: USD\n"))

    assert "cards.ads" in line
