"""What this tool has done itself is no drift, whatever comes between."""

import json

import pytest
from e2e.conftest import CARD, COMPANY, Desk

RENAMED = COMPANY.replace("Acme Inc", "Acme Corp")


def apply(desk: Desk, *texts: str) -> None:
    for text in texts:
        desk.write(text)
        desk.run("apply", "--auto-approve")


def is_no_drift(desk: Desk) -> None:
    """Neither from a full read, nor from one with a cache."""
    for options in ([], ["--cache", "cache"], ["--cache", "cache"]):
        said = desk.run("drift", *options).stdout
        assert "outside of provisioner" not in said
        assert "cards.ads" in said


@pytest.mark.parametrize("names", [["Acme Corp"], ["Acme Corp", "Acme Group"], ["Acme Corp", "Acme Inc"]])
def test_a_card_retired_while_its_holder_is_replaced_and_declared_again(desk: Desk, names: list[str]) -> None:
    apply(desk, COMPANY + CARD, COMPANY, *(COMPANY.replace("Acme Inc", name) for name in names))
    last = COMPANY.replace("Acme Inc", names[-1])
    desk.write(last + CARD)

    is_no_drift(desk)
    apply(desk, last + CARD)
    assert "\nNo drift" in desk.run("drift").stdout


def test_a_card_that_a_replacement_of_its_holder_has_not_carried_along_yet(desk: Desk) -> None:
    apply(desk, COMPANY + CARD)
    desk.write(RENAMED + CARD)
    holder = desk.live("cardholders")["cardholders.acme"]
    desk.sdk.v1.issuing.cardholders.create(
        {
            "name": "Acme Corp",
            "email": holder["email"],
            "type": "company",
            "billing": {"address": {k: v for k, v in holder["billing"]["address"].items() if v}},
            "metadata": {
                **holder["metadata"],
                "provisioner_generation": "2",
                "provisioner_lifecycle": f"replaces={holder['id']}",
            },
        }
    )

    is_no_drift(desk)


def test_a_card_of_a_holder_that_is_no_longer_ours_is_still_drift(desk: Desk) -> None:
    apply(desk, COMPANY + CARD)
    holder = desk.live("cardholders")["cardholders.acme"]
    desk.sdk.v1.issuing.cardholders.update(holder["id"], {"metadata": {"provisioner_project": ""}})

    assert "cards.ads" in desk.run("drift", code=2).stdout


def test_a_lost_card_that_a_run_ended_before_it_was_stopped(desk: Desk) -> None:
    apply(desk, COMPANY + CARD)
    desk.write(COMPANY + CARD + "    lifecycle: {reissue: {number: 1, reason: lost}}\n")
    fault = {"effect": "500_began", "match": "POST /v1/issuing/cards", "count": 100}
    desk.control("faults", json.dumps({"faults": [fault]}).encode())
    desk.run("apply", "--auto-approve", code=None)
    desk.control("faults", b'{"faults": []}')
    assert [card.status for card in desk.sdk.v1.issuing.cards.list().data] == ["canceled"]

    is_no_drift(desk)


def test_a_lost_card_that_somebody_cancels_for_another_reason_is_drift(desk: Desk) -> None:
    apply(desk, COMPANY + CARD)
    ends = {"status": "canceled", "cancellation_reason": "stolen"}
    desk.sdk.v1.issuing.cards.update(desk.live()["cards.ads"]["id"], ends)
    desk.write(COMPANY + CARD + "    lifecycle: {reissue: {number: 1, reason: lost}}\n")

    assert "canceled outside of provisioner" in desk.run("drift", code=2).stdout


@pytest.mark.parametrize("holder", [COMPANY, RENAMED])
def test_a_card_that_is_canceled_when_removed_and_declared_again(desk: Desk, holder: str) -> None:
    canceled = CARD + "    lifecycle: {on_remove: cancel}\n"
    apply(desk, COMPANY + canceled, COMPANY, holder)
    desk.write(holder + canceled)

    is_no_drift(desk)
    assert "not in Stripe yet" in desk.run("drift").stdout


def test_a_card_that_somebody_cancels_is_drift(desk: Desk) -> None:
    apply(desk, COMPANY + CARD)
    desk.sdk.v1.issuing.cards.update(desk.live()["cards.ads"]["id"], {"status": "canceled"})

    assert "canceled outside of provisioner" in desk.run("drift", code=2).stdout
