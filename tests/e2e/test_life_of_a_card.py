"""What a user sees between two plans: changes, removals, saved plans, drift, guardrails."""

import json
import re

from e2e.conftest import CARD, COMPANY, body
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

SYNC = "No changes. Stripe matches the configuration.\n"


def cards(count):
    body = "".join(
        f"  c{number}: {{cardholder: acme, type: virtual, currency: usd, status: active}}\n"
        for number in range(count)
    )
    return COMPANY + "cards:\n" + body


def test_apply_then_plan_is_empty(desk):
    desk.write(COMPANY + CARD)

    assert desk.run("plan", "--detailed-exitcode", code=2).stdout.endswith(
        "Plan: 2 to create, 0 to update, 0 to replace, 0 to retire, 0 to import.\n"
    )
    desk.run("apply", "--auto-approve")

    assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC


def test_one_changed_field_is_the_only_one_named(desk):
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY + CARD.replace("2,000.00", "1,500.00"))

    plan = json.loads(desk.run("plan", "--format", "json", "--detailed-exitcode", code=2).stdout)
    desk.run("apply", "--auto-approve")

    [change] = plan["changes"]
    [edit] = change["edits"]
    assert (change["address"], change["action"]) == ("cards.ads", "update")
    assert edit["path"] == "spending_controls.spending_limits[0].amount"
    assert (edit["before"], edit["after"], edit["direction"]) == (200000, 150000, "tightening")
    assert desk.live()["cards.ads"]["spending_controls"]["spending_limits"][0]["amount"] == 150000


def test_removed_controls_are_cleared_and_the_plan_says_so_before(desk):
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY + CARD[: CARD.index("    spending_controls")])

    plan = desk.run("plan").stdout
    desk.run("apply", "--auto-approve")

    assert "- spending_controls.allowed_categories" in plan
    controls = desk.live()["cards.ads"]["spending_controls"]
    assert not controls["allowed_categories"]
    assert [row["amount"] for row in controls["spending_limits"]] in ([], [50000])
    assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC


def test_a_card_that_leaves_the_yaml_cannot_be_spent_and_comes_back(desk):
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    identity = desk.live()["cards.ads"]["id"]

    desk.write(COMPANY)
    desk.run("apply", "--auto-approve")
    assert desk.live()["cards.ads"]["status"] == "inactive"
    assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC

    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    assert (desk.live()["cards.ads"]["id"], desk.live()["cards.ads"]["status"]) == (identity, "active")


def test_a_replaced_card_is_never_spendable_beside_its_successor(desk):
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    old = desk.live()["cards.ads"]["id"]
    desk.write(COMPANY + CARD.replace("    status: active", "    status: active\n    second_line: Ads"))

    assert "must be replaced" in desk.run("apply", "--auto-approve").stdout

    states = {card.id: card.status for card in desk.sdk.v1.issuing.cards.list().data}
    assert states.pop(old) == "canceled"
    assert list(states.values()) == ["active"]
    assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC


def test_drift_is_told_from_what_is_pending_and_put_back(desk):
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    card = desk.live()["cards.ads"]["id"]
    desk.sdk.v1.issuing.cards.update(
        card, {"spending_controls": {"spending_limits": [{"amount": 900000, "interval": "monthly"}]}}
    )
    desk.write(COMPANY + CARD.replace("    status: active", "    status: inactive"))

    found = json.loads(desk.run("drift", "--explain", "--format", "json", code=2).stdout)

    by_path = {entry["path"]: entry for entry in found["drift"]}
    limit = by_path["spending_controls.spending_limits[0].amount"]
    assert (limit["moved"], limit["before"], limit["after"]) == ("live", 200000, 900000)
    assert limit["direction"] == "broadening"
    assert limit["trace"]["request"].startswith("req_")
    assert by_path["status"]["moved"] == "yaml"

    desk.run("apply", "--auto-approve")
    assert desk.live()["cards.ads"]["spending_controls"]["spending_limits"][0]["amount"] == 200000
    assert desk.run("drift").exit_code == 0


def test_what_the_yaml_alone_moved_is_no_drift(desk):
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY + CARD.replace("2,000.00", "1,500.00"))

    assert "pending" in desk.run("drift", code=0).stdout


def test_a_card_canceled_behind_our_back_is_drift_and_is_made_anew(desk):
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    old = desk.live()["cards.ads"]["id"]
    desk.sdk.v1.issuing.cards.update(old, {"status": "canceled"})

    assert "cards.ads" in desk.run("drift", code=2).stdout
    desk.run("apply", "--auto-approve")

    assert desk.live()["cards.ads"]["id"] != old
    assert desk.live()["cards.ads"]["metadata"]["provisioner_generation"] == "2"
    assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC


def test_an_approved_plan_whose_card_has_moved_is_refused_by_name(desk):
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY + CARD.replace("2,000.00", "1,500.00"))
    desk.run("plan", "--out", "plan.json")
    card = desk.live()["cards.ads"]["id"]
    desk.sdk.v1.issuing.cards.update(
        card, {"spending_controls": {"spending_limits": [{"amount": 700000, "interval": "monthly"}]}}
    )

    refused = desk.run("apply", "plan.json", code=4)

    assert "cards.ads: spending_controls.spending_limits[0].amount" in refused.stderr
    assert desk.live()["cards.ads"]["spending_controls"]["spending_limits"][0]["amount"] == 700000


def test_an_approved_plan_is_applied_once_and_can_be_given_again(desk):
    desk.write(COMPANY + CARD + 'balance_targets: {usd: {target: "300.00 USD"}}\n')
    desk.run("plan", "--out", "plan.json")

    desk.run("apply", "plan.json")
    again = desk.run("apply", "plan.json")

    assert body(again.stdout) == SYNC
    assert len(desk.sdk.v1.topups.list().data) == 1


def test_an_approved_top_up_is_a_ceiling(desk):
    desk.write(COMPANY + 'balance_targets: {usd: {target: "300.00 USD"}}\n')
    desk.run("plan", "--out", "plan.json")
    desk.write(COMPANY + 'balance_targets: {usd: {target: "900.00 USD"}}\n')

    desk.run("apply", "plan.json")

    assert [top_up.amount for top_up in desk.sdk.v1.topups.list().data] == [30000]


def test_a_smaller_top_up_than_approved_goes_through(desk):
    desk.write(COMPANY + 'balance_targets: {usd: {target: "300.00 USD"}}\n')
    desk.run("plan", "--out", "plan.json")
    desk.sdk.v1.topups.create({"amount": 10000, "currency": "usd", "destination_balance": "issuing"})

    desk.run("apply", "plan.json")

    assert [top_up.amount for top_up in desk.sdk.v1.topups.list().data] == [20000, 10000]


def test_a_saved_plan_holds_nothing_personal_and_is_shown_without_stripe(desk, monkeypatch):
    desk.write(COMPANY + CARD)
    shown = desk.run("plan", "--out", "plan.json").stdout
    monkeypatch.delenv("STRIPE_API_KEY")

    assert "anary" not in (desk.folder / "plan.json").read_text(encoding="utf-8")
    assert desk.run("show", "plan.json").stdout.partition("\n")[2] == shown


def test_twenty_cards_deleted_by_mistake_are_not_retired(desk):
    desk.write(cards(22))
    desk.run("apply", "--auto-approve")
    desk.write(cards(2))

    refused = desk.run("apply", "--auto-approve", code=3)

    assert "--allow retired=20" in refused.stderr
    assert all(card["status"] == "active" for card in desk.live().values())
    desk.run("apply", "--auto-approve", "--allow", "retired=20")
    assert sum(card["status"] == "active" for card in desk.live().values()) == 2


def test_a_protected_card_survives_the_loss_of_its_yaml(desk):
    desk.write(
        COMPANY + CARD.replace("    status: active", "    status: active\n    lifecycle: {protect: true}")
    )
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY)

    assert "cards.ads" in desk.run("apply", "--auto-approve", code=3).stderr
    assert desk.live()["cards.ads"]["status"] == "active"


def test_broadening_needs_a_word_where_the_configuration_asks_for_it(desk):
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    wider = CARD.replace("2,000.00", "3,000.00") + "guardrails: {require_approval: broadening}\n"
    desk.write(COMPANY + wider)

    assert "--approve broadening" in desk.run("apply", "--auto-approve", code=3).stderr
    desk.run("apply", "--auto-approve", "--approve", "broadening")
    assert desk.live()["cards.ads"]["spending_controls"]["spending_limits"][0]["amount"] == 300000


def test_two_projects_never_see_each_other(desk):
    desk.write(COMPANY + CARD, "one/a.yaml", project="one")
    desk.write(COMPANY + CARD, "two/a.yaml", project="two")
    desk.run("apply", "one", "--auto-approve")
    desk.run("apply", "two", "--auto-approve")
    desk.write(COMPANY, "one/a.yaml", project="one")
    desk.run("apply", "one", "--auto-approve")

    active = [card for card in desk.sdk.v1.issuing.cards.list().data if card.status == "active"]
    assert [card.metadata["provisioner_project"] for card in active] == ["two"]
    assert body(desk.run("plan", "two", "--detailed-exitcode").stdout) == SYNC


def test_a_part_of_a_plan_brings_what_it_needs(desk):
    desk.write(cards(3))

    applied = desk.run("apply", "--auto-approve", "--target", "cards.c1")

    assert sorted(desk.live()) == ["cards.c1"]
    assert sorted(desk.live("cardholders")) == ["cardholders.acme"]
    assert "cardholders.acme: included" in applied.stdout


def test_export_then_import_then_plan_is_empty(desk):
    holder = desk.sdk.v1.issuing.cardholders.create(
        {
            "name": "Acme Inc",
            "type": "company",
            "billing": {
                "address": {
                    "line1": "1 Main",
                    "city": "SF",
                    "state": "CA",
                    "postal_code": "94111",
                    "country": "US",
                }
            },
        }
    )
    for limit in (5000, 5000, 7000):
        desk.sdk.v1.issuing.cards.create(
            {
                "cardholder": holder.id,
                "currency": "usd",
                "type": "virtual",
                "status": "active",
                "spending_controls": {"spending_limits": [{"amount": limit, "interval": "daily"}]},
            }
        )

    text = desk.run("export").stdout
    desk.write(text)
    oldest_first = [card.id for card in reversed(desk.sdk.v1.issuing.cards.list().data)]
    assert re.findall("# (ic_.*)", text) == oldest_first
    assert "3 to import" not in desk.run("plan").stdout
    desk.run("import", "--all", "--auto-approve")

    assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC
    assert len(desk.live()) == 3


def test_an_exported_name_reads_like_the_holders(desk):
    address = {"line1": "Weg 1", "city": "Köln", "postal_code": "50667", "country": "DE"}
    holder = {"name": "Jörg Groß", "type": "company", "billing": {"address": address}}
    desk.sdk.v1.issuing.cardholders.create(holder)

    assert "\n  jorg-gross:  # ich_" in desk.run("export").stdout


def test_alike_cards_stay_with_their_blocks_when_these_are_renamed(desk):
    desk.write(COMPANY, project="before")
    desk.run("apply", "--auto-approve")
    card = {"cardholder": desk.live("cardholders")["cardholders.acme"]["id"], "currency": "usd"}
    for _ in range(12):
        desk.sdk.v1.issuing.cards.create({**card, "type": "virtual"})
    text = desk.run("export", "--project", "desk").stdout
    ids = re.findall("# (ic_.*)", text)
    names = [f"{chr(ord('z') - number)}-card" for number in range(12)]
    for name, identity in zip(names, ids, strict=True):
        text = re.sub(f"(?m)^  \\S+:  # {identity}$", f"  {name}:", text)
    desk.write(text)

    told = desk.run("import", "--all", "--dry-run").stdout
    desk.run("import", "--all", "--auto-approve")

    expected = {f"cards.{name}": identity for name, identity in zip(names, ids, strict=True)}
    assert {address: each["id"] for address, each in desk.live().items()} == expected
    for address, identity in expected.items():
        assert re.search(f"{address}\\b.*{identity}", told)


def test_twins_that_stripe_shows_differently_are_each_adopted_by_a_block(desk):
    desk.write(COMPANY, project="before")
    desk.run("apply", "--auto-approve")
    card = {"cardholder": desk.live("cardholders")["cardholders.acme"]["id"], "currency": "usd"}
    made = [desk.sdk.v1.issuing.cards.create({**card, "type": "virtual"}) for _ in range(2)]
    assert made[0].spending_controls.spending_limits[0].amount == 50000
    desk.sdk.v1.issuing.cards.update(made[1].id, {"spending_controls": {"spending_limits": ""}})
    desk.write(desk.run("export", "--project", "desk").stdout)
    desk.run("import", "--all", "--auto-approve")

    assert [each["id"] for _, each in sorted(desk.live().items())] == [card.id for card in made]
    assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC


def test_an_object_that_two_blocks_would_get_is_given_to_none_and_both_are_named(desk):
    desk.write(COMPANY, project="before")
    desk.run("apply", "--auto-approve")
    holder = desk.live("cardholders")["cardholders.acme"]["id"]
    only = desk.sdk.v1.issuing.cards.create({"cardholder": holder, "currency": "usd", "type": "virtual"})
    card = f"{{cardholder: {holder}, currency: usd, type: virtual}}"
    desk.write(f"cards:\n  a: {card}\n  b: {card}\n")
    said = desk.run("import", "--all", "--auto-approve", code=5).stdout

    assert (
        f"cards.a: 1 object matches ({only.id}), but cards.b as well; import the right one by its id" in said
    )
    assert f"cards.b: 1 object matches ({only.id}), but cards.a as well" in said
    assert not desk.live()[only.id]["metadata"]


def test_retire_and_destroy_leave_nothing_spendable(desk):
    desk.write(
        COMPANY + CARD.replace("    status: active", "    status: active\n    lifecycle: {on_remove: keep}")
    )
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY)
    assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC
    assert desk.live()["cards.ads"]["status"] == "active"

    desk.run("retire", "cards.ads", "--cancel", "--auto-approve")
    desk.run("destroy", "--auto-approve")

    assert desk.live()["cards.ads"]["status"] == "canceled"
    assert desk.live("cardholders")["cardholders.acme"]["status"] == "inactive"


def test_what_is_still_declared_is_not_retired(desk):
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")

    said = desk.run("retire", "cards.ads", "--auto-approve", code=1).stderr

    assert "cards.ads is still in the configuration, so the next apply would bring it back; remove it" in said
    assert desk.live()["cards.ads"]["status"] == "active"


def test_a_key_of_the_other_mode_another_account_and_no_key_are_refused(desk, monkeypatch):
    desk.write(COMPANY + CARD)
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_x")
    assert "live key" in desk.run("plan", code=7).stderr
    monkeypatch.delenv("STRIPE_API_KEY")
    assert "--sandbox" in desk.run("plan", code=7).stderr
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_x")
    desk.write(f"version: 1\nproject: desk\naccount: acct_1Other\n{COMPANY}{CARD}")
    assert "acct_1Other" in desk.run("apply", "--auto-approve", code=7).stderr
    assert desk.live() == {}


def test_without_a_terminal_nothing_is_applied_unasked(desk):
    desk.write(COMPANY + CARD)

    assert "--auto-approve" in desk.run("apply", code=1).stderr
    assert desk.live() == {}


def test_a_uk_account_is_told_what_to_wire(desk, monkeypatch):
    desk.write('balance_targets: {gbp: {target: "500.00 GBP"}}\n')
    with running(Settings(rate_limit=False, country="GB")) as base:
        monkeypatch.setenv("STRIPE_API_BASE", base)
        plan = desk.run("plan", "--detailed-exitcode").stdout
        drift = desk.run("drift").stdout

    assert "wire £500.00" in plan
    assert "wire £500.00" in drift
