"""Random changes made in Stripe outside of provisioner, by people and other programs."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from provisioner.chaos.embedded import Embedded, Said
from provisioner.chaos.estate import unannounced
from provisioner.chaos.estate.edits import ADDRESS, CATEGORIES, controls
from provisioner.chaos.estate.reading import GENERATION, OF_ADDRESS, OF_PROJECT, is_ours

Json = Mapping[str, Any]
Objects = Mapping[str, Json]
Done = tuple[str, list[Said]]
Deed = Callable[[Embedded, Objects, random.Random], Done]

CARD, CARDHOLDER = "issuing.card", "issuing.cardholder"
PATHS = {CARD: "/v1/issuing/cards", CARDHOLDER: "/v1/issuing/cardholders"}


def deed(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
    """Make a random change and return its description and Stripe's responses."""
    return rng.choice(DEEDS)(sandbox, objects, rng)


def _some(objects: Objects, rng: random.Random, kind: str = "") -> Json | None:
    """Choose any card or cardholder that is not canceled."""
    found = [
        item
        for item in objects.values()
        if item["object"] in PATHS and kind in ("", item["object"]) and item["status"] != "canceled"
    ]
    return rng.choice(found) if found else None


def _updated(params: Callable[[random.Random], Json], kind: str = "") -> Deed:
    """Return a change that updates an object of one kind, or of any kind."""

    def update(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
        item = _some(objects, rng, kind)
        if item is None:
            return "nothing", []
        given = params(rng)
        said = sandbox.write(f"{PATHS[item['object']]}/{item['id']}", given)
        name = (item.get("metadata") or {}).get(OF_ADDRESS, "object without ownership metadata")
        refused = "" if said.done else " (rejected)"
        return f"{name} {item['id']} ({item['status']}) set to {given}{refused}", [said]

    return update


def limits(rng: random.Random) -> Json:
    """Draw spending limits, sometimes none."""
    return {"spending_controls": {"spending_limits": controls(rng).get("spending_limits") or ""}}


def lists(rng: random.Random) -> Json:
    """Draw a list of allowed or blocked categories, without the other list."""
    way, other = rng.choice((("allowed", "blocked"), ("blocked", "allowed")))
    some = [CATEGORIES[0], CATEGORIES[1]] if way == "allowed" else [rng.choice(CATEGORIES[1:])]
    return {"spending_controls": {f"{way}_categories": some, f"{other}_categories": ""}}


def end(rng: random.Random) -> Json:
    """Cancel a card, sometimes with a reason."""
    return {"status": "canceled", **rng.choice(({}, {"cancellation_reason": rng.choice(("lost", "stolen"))}))}


def strange_card(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
    """Create a card without ownership metadata, of any cardholder."""
    holder = _some(objects, rng, CARDHOLDER)
    if holder is None:
        return "nothing", []
    params = {"cardholder": holder["id"], "currency": "usd", "type": "virtual"}
    return f"new card of {holder['id']} without ownership metadata", [sandbox.write(PATHS[CARD], params)]


def strange_holder(sandbox: Embedded, _objects: Objects, _rng: random.Random) -> Done:
    """Create a cardholder without ownership metadata."""
    params = {"name": "Stranger", "type": "company", "billing": {"address": ADDRESS}}
    return "new cardholder without ownership metadata", [sandbox.write(PATHS[CARDHOLDER], params)]


def buy(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
    """Make a purchase, and capture it if it is approved."""
    card = _some(objects, rng, CARD)
    if card is None:
        return "no purchase", []
    amount = rng.choice((500, 1000, 5000))
    asked = sandbox.write(
        "/v1/test_helpers/issuing/authorizations", {"card": card["id"], "amount": amount, "currency": "usd"}
    )
    if not asked.done or not asked.data["approved"]:
        return f"purchase of {amount} with {card['id']}, declined", [asked]
    bought = sandbox.write(
        f"/v1/test_helpers/issuing/authorizations/{asked.data['id']}/capture", {"capture_amount": amount}
    )
    return f"purchase of {amount} with {card['id']}", [asked, bought]


def top_up(sandbox: Embedded, _objects: Objects, rng: random.Random) -> Done:
    """Create a top-up without ownership metadata."""
    params = {"amount": rng.choice((700, 3000)), "currency": "usd", "destination_balance": "issuing"}
    return f"top-up of {params['amount']}", [sandbox.write("/v1/topups", params)]


def cancel_top_up(sandbox: Embedded, objects: Objects, _rng: random.Random) -> Done:
    """Cancel the newest pending top-up."""
    pending = [item for item in objects.values() if item["object"] == "topup" and item["status"] == "pending"]
    if not pending:
        return "no top-up to cancel", []
    said = sandbox.write(f"/v1/topups/{pending[-1]['id']}/cancel", {})
    return f"top-up {pending[-1]['id']} canceled", [said]


_SWITCH = _updated(lambda rng: {"status": rng.choice(("inactive", "inactive", "active"))})
_LIMIT = _updated(limits)
_NOTE = _updated(lambda rng: {"metadata": {"team": rng.choice(("green", ""))}})
_DISOWN = _updated(
    lambda _rng: {"metadata": {OF_PROJECT: ""}}, CARD
)  # from now on it does not belong to the project
DEEDS: tuple[Deed, ...] = (
    *(_SWITCH, _SWITCH, _SWITCH, _LIMIT, _LIMIT, _updated(lists), _updated(end, CARD)),
    *(_NOTE, _DISOWN, strange_card, strange_holder, buy, buy, top_up, cancel_top_up),
    *(unannounced.by_hand, unannounced.by_hand),
)


def copy_marks(sandbox: Embedded, objects: Objects, rng: random.Random) -> tuple[str, list[Said], str]:
    """Create a card with a copy of another card's ownership metadata; returns also its id."""
    ours = [item for item in objects.values() if is_ours(item) and item["object"] == CARD]
    living = [item for item in ours if item["status"] != "canceled"]
    if not living:
        return "no ownership metadata to copy", [], ""
    card = rng.choice(living)
    marks = {key: value for key, value in card["metadata"].items() if key.startswith("provisioner_")}
    marks[GENERATION] = str(int(marks.get(GENERATION, "1")) + rng.choice((0, 1, 7)))
    params = {"cardholder": card["cardholder"]["id"], "currency": "usd", "type": "virtual", "metadata": marks}
    said = sandbox.write(PATHS[CARD], {**params, "status": rng.choice(("active", "inactive"))})
    if not said.done:
        return "ownership metadata could not be copied", [said], ""
    what = (
        f"copy of the ownership metadata of {card['metadata'][OF_ADDRESS]} {card['id']}, "
        f"generation {marks[GENERATION]}"
    )
    return f"{what}: {said.data['id']}", [said], str(said.data["id"])
