"""An object made by hand with a copy of our marks: it ends nothing, unless it names what it replaces."""

from typing import Any

import pytest
from e2e.conftest import BARE_CARD, CARD, COMPANY, Desk, body

PROTECTED = CARD.rstrip() + "\n    lifecycle: {protect: true}\n"
SYNC = "No changes. Stripe matches the configuration.\n"


def applied(desk: Desk, text: str) -> dict[str, Any]:
    desk.write(text)
    desk.run("apply", "--auto-approve")
    return desk.live()["cards.ads"]


def forged(desk: Desk, card: dict[str, Any], generation: int, lifecycle: str | None = None) -> str:
    """A card from the Dashboard: spendable, with a copy of the marks of another."""
    marks = {**card["metadata"], "provisioner_generation": str(generation)}
    marks |= {} if lifecycle is None else {"provisioner_lifecycle": lifecycle}
    made = desk.sdk.v1.issuing.cards.create(
        {
            "cardholder": card["cardholder"]["id"],
            "currency": "usd",
            "type": "virtual",
            "status": "active",
            "metadata": marks,
        }
    )
    return made.id


def statuses(desk: Desk) -> dict[str, str]:
    return {card.id: card.status for card in desk.sdk.v1.issuing.cards.list({"limit": 100}).data}


@pytest.mark.parametrize("generation", [0, 2, 7, 10**9])
@pytest.mark.parametrize("text", [COMPANY + PROTECTED, COMPANY], ids=["declared", "removed"])
@pytest.mark.parametrize("command", [["plan"], ["apply", "--auto-approve"], ["drift"], ["destroy"]])
def test_a_copy_of_the_marks_is_a_conflict_and_neither_is_touched(
    desk: Desk, generation: int, text: str, command: list[str]
) -> None:
    real = applied(desk, COMPANY + PROTECTED)
    other = forged(desk, real, generation)
    desk.write(text)

    refused = desk.run(*command, code=1).stderr

    assert "cards.ads: " in refused
    assert real["id"] in refused
    assert other in refused
    assert "remove its metadata key provisioner_project" in refused
    assert statuses(desk) == {real["id"]: "active", other: "active"}


def test_a_copy_of_the_marks_of_a_successor_names_another_than_the_one_that_it_would_end(desk: Desk) -> None:
    applied(desk, COMPANY + BARE_CARD)
    second = applied(desk, COMPANY + BARE_CARD + "    second_line: Marketing\n")
    assert "replaces=ic_" in second["metadata"]["provisioner_lifecycle"]
    forged(desk, second, 3)

    assert second["id"] in desk.run("apply", "--auto-approve", code=1).stderr
    assert statuses(desk)[second["id"]] == "active"


def test_the_name_of_another_card_does_not_do(desk: Desk) -> None:
    real = applied(desk, COMPANY + PROTECTED)
    forged(desk, real, 2, "replaces=ic_1Another")

    assert real["id"] in desk.run("apply", "--auto-approve", code=1).stderr


def test_one_that_names_a_protected_card_still_needs_the_number_of_those_that_end(desk: Desk) -> None:
    real = applied(desk, COMPANY + PROTECTED)
    forged(desk, real, 2, f"replaces={real['id']}")

    stopped = desk.run("apply", "--auto-approve", code=3).stderr

    assert "1 protected resource would be retired or replaced (cards.ads)" in stopped
    assert statuses(desk)[real["id"]] == "active"


def test_a_forged_cardholder_takes_no_cards_along(desk: Desk) -> None:
    card = applied(desk, COMPANY + CARD)
    real = desk.live("cardholders")["cardholders.acme"]
    desk.sdk.v1.issuing.cardholders.update(real["id"], {"status": "inactive"})
    desk.sdk.v1.issuing.cardholders.create(
        {
            "name": "Acme Inc",
            "type": "company",
            "billing": {"address": {k: v for k, v in real["billing"]["address"].items() if v}},
            "metadata": {**real["metadata"], "provisioner_generation": "2"},
        }
    )

    assert "cardholders.acme: " in desk.run("apply", "--auto-approve", code=1).stderr
    assert statuses(desk) == {card["id"]: "active"}


def test_once_the_copy_has_lost_its_marks_all_is_well(desk: Desk) -> None:
    real = applied(desk, COMPANY + PROTECTED)
    other = forged(desk, real, 2)
    desk.sdk.v1.issuing.cards.update(other, {"metadata": {"provisioner_project": ""}})

    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout
    assert statuses(desk) == {real["id"]: "active", other: "active"}


# --- what is ours: every replacement says what it replaces, however often it was cut off


def test_an_interrupted_replacement_of_several_is_finished(desk: Desk) -> None:
    """Three generations of a card that were all left able to spend, as three kills could leave them."""
    first = applied(desk, COMPANY + BARE_CARD)
    second = forged(desk, first, 2, f"replaces={first['id']}")
    third = forged(desk, first, 3, f"replaces={second}")

    desk.run("apply", "--auto-approve")

    assert statuses(desk) == {first["id"]: "canceled", second: "canceled", third: "active"}


@pytest.mark.parametrize("reason", ["lost", "stolen", "expired"])
def test_reissues_one_after_the_other_each_name_the_one_before(desk: Desk, reason: str) -> None:
    earlier = applied(desk, COMPANY + BARE_CARD)
    for number in (1, 2, 3):
        reissue = f"    lifecycle: {{reissue: {{number: {number}, reason: {reason}}}}}\n"
        card = applied(desk, COMPANY + BARE_CARD + reissue)
        assert f"replaces={earlier['id']}" in card["metadata"]["provisioner_lifecycle"]
        assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC
        earlier = card


def test_a_card_carried_along_renamed_and_edited_keeps_the_name_of_the_one_before(desk: Desk) -> None:
    first = applied(desk, COMPANY + CARD)
    desk.write(COMPANY.replace("Acme Inc", "Acme Corp") + CARD)
    desk.run("apply", "--auto-approve")
    renamed = CARD.replace("  ads:", "  search:").replace("2,000.00", "1,000.00")
    desk.write(COMPANY.replace("Acme Inc", "Acme Corp") + renamed + "    lifecycle: {previously: [ads]}\n")
    desk.run("apply", "--auto-approve")

    assert f"replaces={first['id']}" in desk.live()["cards.search"]["metadata"]["provisioner_lifecycle"]
    assert body(desk.run("plan", "--detailed-exitcode").stdout) == SYNC
