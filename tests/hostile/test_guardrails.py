"""Guardrails that somebody tries to get around: through a cardholder, a saved plan, a pull request."""

import json
from typing import Any

import pytest
from e2e.conftest import Desk

HOLDER = """
cardholders:
  acme:
    type: company
    name: Acme Inc
    status: {status}
    billing: {{address: {{line1: 1 Main, city: SF, state: CA, postal_code: "94103", country: US}}}}
{controls}
"""
CONTROLS = '    spending_controls: {{spending_limits: [{{amount: "{limit}", interval: monthly}}]}}'
CARDS = "cards:\n" + "".join(
    f"  {name}: {{cardholder: acme, type: virtual, currency: usd, status: active}}\n" for name in "abc"
)


def estate(limit: str = "", status: str = "active", guardrails: str = "", cards: str = CARDS) -> str:
    controls = CONTROLS.format(limit=limit) if limit else ""
    said = f"guardrails: {{{guardrails}}}\n" if guardrails else ""
    return HOLDER.format(status=status, controls=controls) + cards + said


def blast(desk: Desk, *words: str) -> dict[str, Any]:
    return dict(json.loads(desk.run("plan", "--format", "json", *words).stdout)["blast_radius"])


def limits(desk: Desk) -> list[int]:
    return [
        row["amount"]
        for row in desk.live("cardholders")["cardholders.acme"]["spending_controls"]["spending_limits"]
    ]


def test_a_raised_limit_of_a_cardholder_is_exposure(desk: Desk):
    desk.write(estate("100.00 USD"))
    desk.run("apply", "--auto-approve")

    desk.write(estate("999,999.00 USD", guardrails='max_exposure_added: "1.00 USD"'))

    assert blast(desk)["exposure_added"] == [{"currency": "usd", "amount": 3 * 31 * 50_000 - 10_000}]
    refused = desk.run("apply", "--auto-approve", code=3).stderr
    assert "added monthly exposure of $46,400.00 exceeds max_exposure_added ($1.00)" in refused
    assert limits(desk) == [10_000]


@pytest.mark.parametrize("guardrail", ['max_exposure_added: "1.00 USD"', "max_activated: 2"])
def test_a_saved_plan_is_stopped_where_the_apply_is(desk: Desk, guardrail: str):
    desk.write(estate(status="inactive"))
    desk.run("apply", "--auto-approve")
    desk.write(estate(guardrails=guardrail))
    desk.run("plan", "--out", "plan.json")

    direct = desk.run("apply", "--auto-approve", code=3).stderr
    saved = desk.run("apply", "plan.json", code=3).stderr

    assert saved == direct
    assert desk.live("cardholders")["cardholders.acme"]["status"] == "inactive"
    number = direct.partition("--allow ")[2].split()[0]
    desk.run("apply", "plan.json", "--allow", number)
    assert desk.live("cardholders")["cardholders.acme"]["status"] == "active"


def test_what_was_shown_as_stopped_needs_its_number_whatever_the_configuration_says_by_now(desk: Desk):
    desk.write(estate("100.00 USD"))
    desk.run("apply", "--auto-approve")
    desk.write(estate("200.00 USD", guardrails='max_exposure_added: "1.00 USD"'))
    desk.run("plan", "--out", "plan.json")
    desk.write(estate("200.00 USD"))

    assert "--allow exposure_added=100.00USD" in desk.run("apply", "plan.json", code=3).stderr
    assert "exposure_added" in desk.run("apply", "plan.json", "--allow", "exposure_added=9999", code=3).stderr
    assert limits(desk) == [10_000]
    desk.run("apply", "plan.json", "--allow", "exposure_added=10000")
    assert limits(desk) == [20_000]


def test_the_exposure_and_the_activations_that_a_plan_has_shown_are_ceilings(desk: Desk):
    one = CARDS.partition("  b:")[0]
    desk.write(estate(status="inactive", cards=one))
    desk.run("apply", "--auto-approve")
    desk.write(estate(cards=one))
    desk.run("plan", "--out", "plan.json")

    # another change gives the holder more cards, of which the approved plan says nothing
    desk.write(estate(status="inactive"))
    desk.run("apply", "--auto-approve")
    desk.write(estate())

    refused = desk.run("apply", "plan.json", code=4).stderr
    assert "added monthly exposure is $46,500.00; $15,500.00 was approved" in refused
    assert "cards activated: 3; 1 approved" in refused
    assert desk.live("cardholders")["cardholders.acme"]["status"] == "inactive"


def test_a_limit_that_is_gone_since_the_approval_lets_no_more_be_added(desk: Desk):
    low = 'spending_controls: {spending_limits: [{amount: "50.00 USD", interval: monthly}]}'
    high = 'spending_controls: {spending_limits: [{amount: "9,000.00 USD", interval: monthly}]}'
    card = "cards:\n  a: {{cardholder: acme, type: virtual, currency: usd, status: active, {controls}}}\n"
    without = HOLDER.format(status="active", controls="")
    desk.write(without + card.format(controls=low))
    desk.run("apply", "--auto-approve")
    holder = desk.live("cardholders")["cardholders.acme"]["id"]

    def by_hand(rows: Any) -> None:
        desk.sdk.v1.issuing.cardholders.update(holder, {"spending_controls": {"spending_limits": rows}})

    by_hand([{"amount": 10_000, "interval": "monthly"}])
    desk.write(without + card.format(controls=high))
    desk.run("plan", "--out", "plan.json")
    assert blast(desk)["exposure_added"] == [{"currency": "usd", "amount": 5_000}]

    by_hand("")
    refused = desk.run("apply", "plan.json", code=4).stderr
    assert "added monthly exposure is $8,950.00; $50.00 was approved" in refused


def test_a_part_of_a_plan_is_judged_with_all_that_is_live(desk: Desk):
    desk.write(estate(status="inactive"))
    desk.run("apply", "--auto-approve")
    desk.write(estate(guardrails="max_activated: 2"))

    refused = desk.run("apply", "--auto-approve", "--target", "cardholders.acme", code=3).stderr
    assert "--allow activated=3" in refused


def test_a_card_that_comes_to_a_cardholder_without_limit_adds_what_the_other_one_kept(desk: Desk):
    free = HOLDER.format(status="active", controls="").replace("acme:", "free:").replace("cardholders:\n", "")
    card = "cards:\n  a: {{cardholder: {holder}, type: virtual, currency: usd, status: active}}\n"
    holders = HOLDER.format(status="active", controls=CONTROLS.format(limit="100.00 USD")) + free
    desk.write(holders + card.format(holder="acme"))
    desk.run("apply", "--auto-approve")
    desk.write(holders + card.format(holder="free"))

    assert blast(desk)["exposure_added"] == [{"currency": "usd", "amount": 31 * 50_000 - 10_000}]


def test_teams_add_up_to_what_the_plan_adds(desk: Desk):
    desk.write(estate("100.00 USD"))
    desk.run("apply", "--auto-approve")
    desk.write(estate("700.00 USD"))

    document = json.loads(desk.run("plan", "--format", "json").stdout)
    [team] = document["outlook"]["exposure"]
    assert (team["before"]["amount"], team["after"]["amount"]) == (10_000, 70_000)
    assert document["blast_radius"]["exposure_added"] == [{"currency": "usd", "amount": 60_000}]


def test_a_card_without_a_limit_is_the_same_number_everywhere(desk: Desk):
    one = CARDS.partition("  b:")[0]
    default = [{"currency": "usd", "amount": 31 * 50_000}]
    desk.write(estate(cards=one))
    assert blast(desk)["exposure_added"] == default
    desk.run("apply", "--auto-approve")

    desk.sdk.v1.issuing.cards.update(desk.live()["cards.a"]["id"], {"status": "inactive"})
    assert blast(desk)["exposure_added"] == default
    desk.run("apply", "--auto-approve", "--allow", "reverted=1", "--format", "json")
    desk.write(estate(cards=one.replace("active}", "active, second_line: A}")))
    assert blast(desk)["exposure_added"] == []


# --- a policy from outside of the configuration

FUNDS = 'balance_targets: {usd: {target: "9,900.00 USD"}}\n'


def test_a_pull_request_cannot_raise_its_own_guardrails_above_a_policy(desk: Desk):
    desk.write('guardrails: {max_top_up: "1,000,000.00 USD"}\n' + FUNDS)
    (desk.folder / "outside").mkdir()
    (desk.folder / "outside" / "policy.yaml").write_text('max_top_up: "1,000.00 USD"\n')
    policy = ("--policy", "outside/policy.yaml")

    document = json.loads(
        desk.run("plan", "provisioner.yaml", *policy, "--format", "json", "--out", "p.json").stdout
    )
    assert [stop["guardrail"] for stop in document["stopped_by"]] == ["top_up"]
    for what in (("apply", "provisioner.yaml", "--auto-approve"), ("apply", "p.json")):
        refused = desk.run(*what, *policy, code=3).stderr
        assert "top-ups of $9,900.00 exceed max_top_up ($1,000.00)" in refused
    assert desk.sdk.v1.topups.list().data == []

    desk.run("apply", "p.json", *policy, "--allow", "top_up=9,900.00 USD")
    assert [each.amount for each in desk.sdk.v1.topups.list().data] == [990_000]


@pytest.mark.parametrize(
    ("policy", "own", "stopped"),
    [
        ('max_top_up: "9,999.00 USD"', 'max_top_up: "1,000.00 USD"', True),
        ('max_top_up: "9,999.00 EUR"', 'max_top_up: "9,999.00 USD"', True),
        ("max_retired: 5", 'max_top_up: "9,999.00 USD"', False),
        ("max_top_up: {usd: 990000}", "", False),
    ],
)
def test_the_stricter_one_of_each_holds(desk: Desk, policy: str, own: str, stopped: bool):
    (desk.folder / "policy.yml").write_text(policy)
    desk.write(f"guardrails: {{{own}}}\n" + FUNDS)

    desk.run(
        "apply", "provisioner.yaml", "--auto-approve", "--policy", "policy.yml", code=3 if stopped else 0
    )


def test_a_policy_may_ask_for_a_word(desk: Desk):
    (desk.folder / "policy.yml").write_text("require_approval: broadening\n")
    desk.write(estate())

    refused = desk.run("apply", "provisioner.yaml", "--auto-approve", "--policy", "policy.yml", code=3)
    assert "--approve broadening" in refused.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_topup: 1\n", "policy.yml:1:1: "),
        (
            "max_retired: 5\nmax_top_up: 1000\n",
            "policy.yml:2:13: max_top_up: an amount in a policy needs a currency",
        ),
        ("max_retired: 5\nmax_exposure_added: {usd: many}\n", "policy.yml:2:27: "),
        ("- 1\n", "policy.yml:1:1: "),
        ("# nothing\n", "policy.yml:1:1: a policy needs at least one guardrail"),
        ("guardrails: {max_retired: 5}\n", "policy.yml:1:1: "),
    ],
)
def test_what_is_wrong_with_a_policy_is_said_with_its_line(desk: Desk, text: str, said: str):
    (desk.folder / "policy.yml").write_text(text)
    desk.write(FUNDS)

    refused = desk.run("plan", "provisioner.yaml", "--policy", "policy.yml", code=1)
    assert said in refused.stderr
    assert "Traceback" not in refused.output


def test_a_policy_that_is_not_there_stops_everything(desk: Desk):
    desk.write(FUNDS)
    assert "gone.yml" in desk.run("plan", "provisioner.yaml", "--policy", "gone.yml", code=1).stderr
