"""Cases that go wrong in other tools, and once did here."""

import json

import pytest

from e2e.conftest import CARD, COMPANY, body
from e2e.test_life_of_a_card import SYNC, cards


def test_an_id_of_ones_own_holder_is_refused_and_its_name_is_told(desk):
    desk.write(COMPANY)
    desk.run("apply", "--auto-approve")
    identity = desk.live("cardholders")["cardholders.acme"]["id"]
    desk.write(COMPANY + CARD.replace("cardholder: acme", f"cardholder: {identity}"))

    refused = desk.run("plan", code=1).stderr

    assert "provisioner.yaml:" in refused
    assert "cards.ads: 'cardholder' is the id of cardholders.acme, which this project manages" in refused


def test_an_approved_top_up_is_made_once_however_often_the_plan_is_applied(desk):
    desk.write(COMPANY + 'balance_targets: {usd: {target: "100.00 USD", max_top_up: "30.00 USD"}}\n')
    desk.run("plan", "--out", "plan.json")

    for _ in range(3):
        desk.run("apply", "plan.json")

    assert [top_up.amount for top_up in desk.sdk.v1.topups.list().data] == [3000]


def test_what_comes_from_the_environment_is_shown_nowhere(desk, monkeypatch):
    monkeypatch.setenv("CANARY_LIMIT", "7,345.00 USD")
    monkeypatch.setenv("CANARY_CODE", "4711")
    secret = (
        CARD.replace('"2,000.00 USD"', '"${env.CANARY_LIMIT}"')
        + "    metadata: {code: '${env.CANARY_CODE}'}\n"
    )
    other = COMPANY + secret + 'balance_targets: {usd: {target: "${env.CANARY_LIMIT}"}}\n'
    desk.write(other.replace("balance_targets", "balance_targets"))

    said = desk.run("plan", "--out", "plan.json").stdout + (desk.folder / "plan.json").read_text(
        encoding="utf-8"
    )
    edits = [
        line for line in said.splitlines() if "spending_limits" in line or "code" in line or "of $" in line
    ]

    assert edits
    assert not [line for line in edits if "7,345" in line or "734500" in line or "4711" in line]
    plan = json.loads((desk.folder / "plan.json").read_text(encoding="utf-8"))
    of_card = next(change for change in plan["changes"] if change["address"] == "cards.ads")
    [digest] = [edit["digest"] for edit in of_card["edits"] if edit["path"] == "metadata.code"]
    assert digest == of_card["fingerprint"], "that of all that the change hides, and keyed"


def test_cards_retired_step_by_step_meet_the_guardrail_as_well(desk):
    for left in (20, 14):
        desk.write(cards(left))
        desk.run("apply", "--auto-approve")
    desk.write(cards(8))

    assert "6 of 14 cards" in desk.run("apply", "--auto-approve", code=3).stderr


def test_the_closest_object_is_adopted_and_none_is_made_twice(desk):
    desk.write(cards(3).replace("c2: {", "c2: {metadata: {team: x}, "))
    desk.run("apply", "--auto-approve")
    for resource in ("cards", "cardholders"):
        for item in desk.live(resource).values():
            marks = {key: "" for key in item["metadata"] if key.startswith("provisioner_")}
            getattr(desk.sdk.v1.issuing, resource).update(item["id"], {"metadata": marks})

    desk.run("import", "--all", "--auto-approve")

    assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC
    assert desk.live()["cards.c2"]["metadata"]["team"] == "x"


def test_what_another_project_has_left_on_an_object_is_taken_over_whole(desk):
    desk.write(
        COMPANY + CARD.replace("    status: active", "    status: active\n    lifecycle: {protect: true}")
    )
    desk.run("apply", "--auto-approve")
    for resource in ("cards", "cardholders"):
        for item in desk.live(resource).values():
            getattr(desk.sdk.v1.issuing, resource).update(
                item["id"], {"metadata": {"provisioner_project": ""}}
            )
    desk.write(COMPANY + CARD)

    desk.run("import", "--all", "--auto-approve")

    assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC


def test_an_account_that_may_not_top_up_issuing_is_told_what_to_do(desk):
    desk.write(COMPANY + 'balance_targets: {usd: {target: "100.00 USD"}}\n')
    desk.control("switches", json.dumps({"issuing_top_ups": False}).encode())

    said = desk.run("apply", "--auto-approve", code=5)

    assert "fund it in the Dashboard, or ask Stripe support" in said.stdout + said.stderr


@pytest.mark.parametrize("option", ["--target", "--exclude"])
def test_a_slip_in_an_address_is_not_taken_for_all_being_well(desk, option):
    desk.write(COMPANY + CARD)

    assert "did you mean 'cards.ads'" in desk.run("plan", option, "cards.asd", code=1).stderr


def test_a_holder_that_stripe_has_blocked_is_drift(desk):
    desk.write(COMPANY)
    desk.run("apply", "--auto-approve")
    holder = desk.live("cardholders")["cardholders.acme"]["id"]
    desk.control("act", json.dumps({"act": "block_cardholder", "id": holder}).encode())

    assert "blocked" in desk.run("drift", code=2).stdout


def test_what_is_to_be_kept_outlives_destroy_with_its_holder(desk):
    desk.write(
        COMPANY + CARD.replace("    status: active", "    status: active\n    lifecycle: {on_remove: keep}")
    )
    desk.run("apply", "--auto-approve")

    desk.run("destroy", "--auto-approve")

    assert desk.live()["cards.ads"]["status"] == "active"
    assert desk.live("cardholders")["cardholders.acme"]["status"] == "active"


def test_what_a_new_card_is_told_of_its_end_is_part_of_the_approval(desk):
    kept = CARD.replace(
        "    status: active", "    status: active\n    lifecycle: {protect: true, on_remove: keep}"
    )
    desk.write(COMPANY + kept)
    assert "lifecycle.protect   " in desk.run("plan", "--out", "plan.json").stdout
    desk.write(COMPANY + CARD)

    assert "lifecycle.protect" in desk.run("apply", "plan.json", code=4).stderr
    assert desk.live() == {}


def test_a_card_can_be_taken_away_though_a_scenario_names_it(desk):
    scenario = """
scenarios:
  an-advertisement: {card: ads, amount: "5.00 USD", category: advertising_services, expect: approved}
"""
    desk.write(COMPANY + CARD + scenario)
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY + scenario)

    assert "or remove the scenario" in desk.run("plan").stdout.replace("\n", " ")
    desk.run("apply", "--auto-approve")

    assert desk.live()["cards.ads"]["status"] == "inactive"
    assert body(desk.run("plan", "--detailed-exitcode").stdout).endswith(SYNC)
    assert "cards.ads is not in the configuration" in desk.run("test", "--sandbox", code=1).stdout


def test_a_card_that_takes_a_name_whose_cards_were_canceled_stays_as_it_is(desk):
    told = CARD.replace("    status: active", "    status: active\n    lifecycle: {protect: true}")
    facts = "cardholder: acme, type: virtual, currency: usd, status: active"
    other = f"  b: {{{facts}, lifecycle: {{on_remove: cancel}}}}\n"
    desk.write(COMPANY + told + other)
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY + told + other.replace("status: active,", "status: active, second_line: X,"))
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY + told)
    desk.run("apply", "--auto-approve")
    identity = desk.live()["cards.ads"]["id"]
    desk.write(
        COMPANY + told.replace("  ads:", "  b:").replace("protect: true", "protect: true, previously: [ads]")
    )

    desk.run("apply", "--auto-approve")

    assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC
    assert desk.sdk.v1.issuing.cards.retrieve(identity).status == "active"
    assert len(desk.sdk.v1.issuing.cards.list({"status": "active"}).data) == 1


def test_export_without_the_project_tells_whose_everything_is(desk):
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")

    told = desk.run("export", code=1).stderr
    assert "; project 'desk' has 2 (`provisioner export --project desk`)\n" in told


def test_a_plan_says_which_currencies_the_account_has_not(desk):
    desk.write(
        COMPANY
        + CARD.replace("currency: usd", "currency: eur").replace("USD", "EUR")
        + "balance_targets: {eur: {target: 5000}}\n"
    )

    said = desk.run("plan").stdout

    assert "Note: Stripe will reject 1 card in EUR: an account in US issues in USD\n" in said
    assert "Note: balance_targets.eur: an account in US has its Issuing balance in USD" in said


def test_retiring_for_good_can_be_asked_for_again(desk):
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY)

    for _ in range(2):
        done = desk.run("retire", "cards.ads", "--cancel", "--auto-approve")

    assert "No changes." in done.stdout
    assert "cards.typo has no object" in desk.run("retire", "cards.typo", "--auto-approve", code=1).stderr


def test_an_import_says_what_it_has_found_nothing_for(desk):
    desk.write(COMPANY + CARD)

    said = desk.run("import", "--all", "--auto-approve").stdout

    assert (
        "Note: no unmanaged object matches cardholders.acme, cards.ads; apply will create what is missing\n"
        in said
    )
    assert said.endswith("No changes. Stripe does not match the configuration yet; see the notes.\n")
