"""`test` and `simulate` as a user meets them."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from e2e.conftest import CARD, COMPANY

ROOT = Path(__file__).parents[2]
ACME = ROOT / "examples" / "acme"
PLAYED = (
    CARD.replace("2,000.00", "50.00")
    + """\
balance_targets: {usd: {target: "200.00 USD"}}
scenarios:
  fits: {card: ads, amount: "50.00 USD", category: advertising_services, expect: approved}
  one-too-many:
    card: ads
    amount: "20.00 USD"
    category: advertising_services
    repeat: 3
    expect: declined
    reason: spending_controls
"""
)


def words(output: str) -> dict[str, str]:
    """The standing of each declared scenario, by name."""
    lines = [
        line.split(maxsplit=2) for line in output.splitlines() if line.startswith("  ") and line[2] != " "
    ]
    return {name.rstrip(":"): mark for mark, name, _ in lines}


def one_card_of_each_profile(folder: Path) -> dict[str, str]:
    """Copy acme, with the cards of its scenarios and one card of each profile; return each card's profile."""
    shutil.copytree(ACME, folder, dirs_exist_ok=True)
    scenarios = yaml.safe_load((ACME / "scenarios.yaml").read_text())["scenarios"]
    named, kept = {one["card"] for one in scenarios.values()}, {}
    for file in folder.rglob("teams/*.yaml"):
        team = yaml.safe_load(file.read_text())
        for name, card in [*team["cards"].items()]:
            if name in named or card.get("use") not in kept.values():
                kept[name] = card.get("use")
            else:
                del team["cards"][name]
        file.write_text(yaml.safe_dump(team, sort_keys=False))
    return kept


def test_every_profile_of_acme_does_what_it_should(desk, tmp_path):
    cards = one_card_of_each_profile(tmp_path / "acme")

    done = desk.run("test", "acme", "--sandbox", "--generate", "--junit", "tests.xml", "--format", "json")

    document = json.loads(done.stdout)
    played = {one["card"].removeprefix("cards.") for one in document["scenarios"] if not one["generated"]}
    profiles = yaml.safe_load((ACME / "provisioner.yaml").read_text())["profiles"]
    assert {cards[name] for name in played} >= set(profiles)
    assert document["summary"] == {
        "passed": len(document["scenarios"]),
        "failed": 0,
        "disagreed": 0,
        "error": 0,
    }
    assert {one["card"].removeprefix("cards.") for one in document["scenarios"]} == set(cards)
    assert all(one["actual"] for one in document["scenarios"])
    assert len(list(ET.parse("tests.xml").iter("testcase"))) == len(document["scenarios"])  # noqa: S314


def test_after_a_limit_is_halved_the_right_ones_fail_and_the_plan_named_them(desk):
    shutil.copytree(ACME, desk.folder / "acme")
    desk.run("apply", "acme", "--auto-approve")
    file = desk.folder / "acme" / "provisioner.yaml"
    file.write_text(file.read_text().replace('{amount: "5,000.00 USD"', '{amount: "2,500.00 USD"'))

    plan = desk.run("plan", "acme").stdout
    notes = json.loads(desk.run("plan", "acme", "--format", "json").stdout)["notes"]
    tested = desk.run("test", "acme", "--sandbox", code=1)

    named = {note["address"].removeprefix("scenarios.") for note in notes}
    failed = {name for name, mark in words(tested.stdout).items() if mark == "FAILED"}
    assert (
        failed
        == named
        == {
            "campaign-of-a-month",
            "campaign-beyond-the-month",
            "ads-budget-begins-anew-each-month",
        }
    )
    assert "scenarios.campaign-of-a-month: changes from approved to declined" in plan
    assert "18 passed, 3 failed" in tested.stdout


@pytest.mark.parametrize("place", ["--sandbox", "--offline"])
def test_no_key_and_nobodys_state_is_needed(desk, monkeypatch, place):
    for name in ("STRIPE_API_KEY", "STRIPE_API_BASE"):
        monkeypatch.delenv(name)
    desk.write("mode: live\n" + COMPANY + PLAYED)

    done = desk.run("test", place)

    assert words(done.stdout) == {"fits": "ok", "one-too-many": "ok"}
    assert not (desk.folder / ".provisioner").exists()


def test_in_test_mode_on_the_applied_cards(desk):
    desk.write(COMPANY + PLAYED)
    missing = desk.run("test", code=1)
    desk.run("apply", "--auto-approve")
    desk.control("clock", b'{"advance": 10}')
    first, second = desk.run("test"), desk.run("test", "--generate")

    assert "cards.ads is not in Stripe yet; apply the configuration first" in missing.stdout
    assert "2 passed" in first.stdout
    assert "Stripe's test mode" in second.stdout
    assert desk.sdk.v1.balance.retrieve().issuing.available[0].amount == 20_000
    held = [one.status for one in desk.sdk.v1.issuing.authorizations.list() if one.approved]
    assert set(held) == {"reversed"}


def test_in_test_mode_the_past_counts_and_the_simulator_knows(desk):
    desk.write(COMPANY + PLAYED)
    desk.run("apply", "--auto-approve")
    desk.control("clock", b'{"advance": 10}')
    desk.run("simulate", "purchase", "ads", "--amount", "45.00 USD", "--capture")

    result = desk.run("test", code=1)

    assert words(result.stdout) == {"fits": "FAILED", "one-too-many": "FAILED"}
    assert "the card's limit is $50.00 per month, and $45.00 of it is spent" in result.stdout


def test_what_test_mode_cannot_arrange_is_simulated(desk):
    timed = (
        '  later: {card: ads, amount: 1, category: caterers, at: "2026-01-01T00:00:00Z", expect: declined}\n'
    )
    poor = "  poor: {card: ads, amount: 2, category: advertising_services, balance: 1, expect: declined}\n"
    desk.write(COMPANY + PLAYED + timed + poor)
    desk.run("apply", "--auto-approve")
    desk.control("clock", b'{"advance": 10}')

    done = desk.run("test")

    assert "simulated only: Stripe's clock cannot be set" in done.stdout
    assert "simulated only: the account's balance cannot be set" in done.stdout


@pytest.mark.parametrize("command", [("test",), ("simulate", "purchase", "ads", "--amount", "1")])
@pytest.mark.parametrize(
    ("mode", "key"), [("live", "sk_live_canary"), ("live", "rk_live_canary"), ("test", "sk_live_canary")]
)
def test_a_live_key_is_refused_before_any_request(desk, monkeypatch, command, mode, key):
    monkeypatch.setenv("STRIPE_API_KEY", key)
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")  # nobody listens: a request would be an error
    desk.write(f"mode: {mode}\n" + COMPANY + PLAYED)

    refused = desk.run(*command, code=7)

    assert "canary" not in refused.output


def test_wrong_expectations_end_with_one(desk):
    desk.write(COMPANY + PLAYED.replace("expect: approved", "expect: declined"))

    done = desk.run("test", "--sandbox", code=1)

    assert words(done.stdout) == {"fits": "FAILED", "one-too-many": "ok"}
    assert "approved, expected declined" in done.stdout


def test_a_card_that_stripe_refuses_is_an_error_of_its_scenarios(desk):
    desk.write(COMPANY.replace("company\n", "individual\n") + PLAYED)  # of whom Stripe wants more

    done = desk.run("test", "--sandbox", code=1)

    assert words(done.stdout) == {"fits": "ERROR", "one-too-many": "ERROR"}
    assert "cards.ads cannot be applied: Stripe returned 400" in done.stdout


def test_without_scenarios_there_is_nothing_to_test(desk):
    desk.write(COMPANY + PLAYED.partition("scenarios:")[0])

    assert "has no scenarios" in desk.run("test", "--offline", code=1).output
    assert "4 passed" in desk.run("test", "--offline", "--generate").stdout


@pytest.mark.parametrize("currency", ["gbp", "eur"])
def test_cards_in_europe_and_of_holders_elsewhere(desk, currency):
    text = PLAYED.replace("usd", currency).replace("USD", currency.upper()).replace("acme", "ich_elsewhere")
    desk.write(text)

    assert words(desk.run("test", "--sandbox").stdout) == {"fits": "ok", "one-too-many": "ok"}


def test_the_walk_of_the_guide(desk):
    desk.write(COMPANY + PLAYED)
    desk.run("apply", "--auto-approve")
    desk.control("clock", b'{"advance": 10}')

    held = desk.run("simulate", "purchase", "ads", "--amount", "10.00 USD")
    taken = desk.run("simulate", "purchase", "cards.ads", "--amount", "1000", "--capture", "--format", "json")
    refused = desk.run(
        *("simulate", "purchase", "ads", "--amount", "1", "--category", "taxicabs_limousines", "--capture"),
        code=1,
    )

    assert "$200.00 available for Issuing" in held.stdout
    assert "approved, card_active" in held.stdout
    assert "hold            $10.00; $190.00 still available" in held.stdout
    document = json.loads(taken.stdout)
    assert (document["approved"], document["status"], document["hold"]) == (True, "closed", 1000)
    assert document["balance"] == {"before": 19_000, "held": 18_000, "after": 18_000}
    assert [(one["amount"], one["type"]) for one in document["transactions"]] == [(-1000, "capture")]
    assert "declined, spending_controls" in refused.stdout
    assert "the card does not allow the category taxicabs_limousines" in refused.stdout


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("adz", "--amount", "1"), "did you mean 'ads'?"),
        (("ads", "--amount", "1.00 EUR"), "the card is in USD, not EUR"),
        (("ads", "--amount", "a lot"), "expected an amount"),
        (("ads", "--amount", "1", "--category", "taxis"), "is not a merchant category of Stripe's"),
        (("ads", "--amount", "1", "--presence", "present", "--method", "chip"), "cannot be used together"),
        (("ads", "--amount", "1"), "cards.ads is not in Stripe yet"),
    ],
)
def test_what_simulate_refuses(desk, asked, said):
    desk.write(COMPANY + PLAYED)

    assert said in desk.run("simulate", "purchase", *asked, code=1).output
