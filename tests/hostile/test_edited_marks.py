"""Somebody with the Dashboard edits our marks: what they say is held to what the YAML may say."""

import pytest
import yaml
from e2e.conftest import BARE_CARD, COMPANY, Desk

ESCAPE = "\x1b[31m"


@pytest.fixture
def cards(desk: Desk) -> Desk:
    """A card that is to be kept when its block is gone, and one that was reissued."""
    card = "    lifecycle: {on_remove: keep, reissue: {number: 2, reason: lost}}\n"
    desk.write(COMPANY + BARE_CARD + card)
    desk.run("apply", "--auto-approve")
    return desk


def edit(desk: Desk, **marks: str) -> str:
    """Write marks by hand on the card that is not canceled; returns its id."""
    [card] = [each for each in desk.live().values() if each["status"] != "canceled"]
    metadata = {f"provisioner_{name}": text for name, text in marks.items()}
    desk.sdk.v1.issuing.cards.update(card["id"], {"metadata": metadata})
    return str(card["id"])


@pytest.mark.parametrize("word", ["Cancel", "cancel!", "canceled", f"{ESCAPE}cancel", "", "delete"])
def test_an_unknown_on_remove_is_not_exported_and_cancels_nothing(cards: Desk, word: str):
    identity = edit(cards, lifecycle=f"on_remove={word} reissued=2")

    exported = cards.run("export", "--project", "desk").stdout

    assert yaml.safe_load(exported)["cards"]["ads"].get("lifecycle") is None
    cards.write(exported)
    cards.run("validate")
    cards.write(COMPANY)
    cards.run("apply", "--auto-approve")
    assert cards.sdk.v1.issuing.cards.retrieve(identity).status == "inactive"


def test_what_is_not_of_the_kind_is_not_exported(cards: Desk):
    holder = cards.live("cardholders")["cardholders.acme"]["id"]
    cards.sdk.v1.issuing.cardholders.update(
        holder, {"metadata": {"provisioner_lifecycle": "protect on_remove=cancel"}}
    )

    exported = cards.run("export", "--project", "desk").stdout

    assert yaml.safe_load(exported)["cardholders"]["acme"]["lifecycle"] == {"protect": True}


@pytest.mark.parametrize("number", ["", "x", "-3", "1e9", "9" * 30, "٣"])
def test_a_card_whose_reissue_cannot_be_read_is_not_reissued_again(cards: Desk, number: str):
    identity = edit(cards, lifecycle=f"on_remove=keep reissued={number}")

    for words in (["plan"], ["drift"], ["apply", "--auto-approve"], ["export", "--project", "desk"]):
        said = cards.run(*words, code=1).stderr
        assert f"card {identity} belongs to this project, but its metadata key" in said
        assert "has no number after reissued=" in said
    assert cards.sdk.v1.issuing.cards.retrieve(identity).status == "active"


@pytest.mark.parametrize(
    "address",
    [f"cards.{ESCAPE}", "cards.", "cards", "", "cards.a b", "cards.-a", "cards." + "a" * 101, "cards.a\n"],
)
def test_an_address_that_the_yaml_may_not_have_is_a_conflict_and_acts_on_no_terminal(
    cards: Desk, address: str
):
    identity = edit(cards, address=address)

    said = cards.run("apply", "--auto-approve", code=1)

    assert f"card {identity} belongs to this project, but its metadata key provisioner_address" in said.stderr
    assert "\x1b" not in said.output
    assert cards.sdk.v1.issuing.cards.retrieve(identity).status == "active"


@pytest.mark.parametrize("generation", ["", "x", "0", "-1", "9" * 400, "1.5"])
def test_a_generation_that_cannot_be_read_neither_ends_nor_makes_a_card(cards: Desk, generation: str):
    edit(cards, generation=generation)
    before = [(card.id, card.status) for card in cards.sdk.v1.issuing.cards.list().data]

    cards.run("plan")
    cards.run("apply", "--auto-approve")

    assert [(card.id, card.status) for card in cards.sdk.v1.issuing.cards.list().data] == before
