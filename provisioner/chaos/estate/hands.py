"""What people and others do in Stripe without provisioner, as far as Stripe lets them."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from provisioner.chaos.embedded import Embedded, Said
from provisioner.chaos.estate.edits import ADDRESS, CATEGORIES, controls
from provisioner.chaos.estate.reading import GENERATION, OF_ADDRESS, OF_PROJECT, is_ours

Json = dict[str, Any]
Objects = Mapping[str, Json]
Done = tuple[str, list[Said]]

PATHS = {"issuing.card": "/v1/issuing/cards", "issuing.cardholder": "/v1/issuing/cardholders"}


def deed(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
    """Something that somebody does: what, and what Stripe answered."""
    return rng.choice(DEEDS)(sandbox, objects, rng)


def _update(sandbox: Embedded, item: Json, params: Json) -> Done:
    said = sandbox.write(f"{PATHS[item['object']]}/{item['id']}", params)
    name = (item.get("metadata") or {}).get(OF_ADDRESS, "an object of others")
    refused = "" if said.done else " (refused)"
    return f"{name} {item['id']} ({item['status']}) by hand: {params}{refused}", [said]


def _some(objects: Objects, rng: random.Random, kind: str = "", *, living: bool = True) -> Json | None:
    found = [
        item
        for item in objects.values()
        if item["object"] in PATHS
        and (not kind or item["object"] == kind)
        and not (living and item["status"] == "canceled")
    ]
    return rng.choice(found) if found else None


def _switch(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
    if item := _some(objects, rng):
        return _update(sandbox, item, {"status": rng.choice(("inactive", "inactive", "active"))})
    return "nothing by hand", []


def _limit(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
    if item := _some(objects, rng):
        limits = controls(rng).get("spending_limits") or ""
        return _update(sandbox, item, {"spending_controls": {"spending_limits": limits}})
    return "nothing by hand", []


def _allow(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
    if item := _some(objects, rng):
        way, other = rng.choice((("allowed", "blocked"), ("blocked", "allowed")))
        some = [CATEGORIES[0], CATEGORIES[1]] if way == "allowed" else [rng.choice(CATEGORIES[1:])]
        lists = {f"{way}_categories": some, f"{other}_categories": ""}
        return _update(sandbox, item, {"spending_controls": lists})
    return "nothing by hand", []


def _cancel(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
    if item := _some(objects, rng, "issuing.card"):
        why = rng.choice(({}, {"cancellation_reason": rng.choice(("lost", "stolen"))}))
        return _update(sandbox, item, {"status": "canceled", **why})
    return "nothing by hand", []


def _note(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
    if item := _some(objects, rng):
        return _update(sandbox, item, {"metadata": {"team": rng.choice(("green", ""))}})
    return "nothing by hand", []


def _disown(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
    """Take the project's mark away: from now on it is not ours."""
    if item := _some(objects, rng, "issuing.card"):
        return _update(sandbox, item, {"metadata": {OF_PROJECT: ""}})
    return "nothing by hand", []


def _strange_card(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
    """A card of others, on a holder of ours or theirs."""
    holder = _some(objects, rng, "issuing.cardholder")
    if holder is None:
        return "nothing by hand", []
    made = sandbox.write(
        "/v1/issuing/cards", {"cardholder": holder["id"], "currency": "usd", "type": "virtual"}
    )
    return f"a card of others on {holder['id']}", [made]


def _strange_holder(sandbox: Embedded, _objects: Objects, _rng: random.Random) -> Done:
    params = {"name": "Stranger", "type": "company", "billing": {"address": ADDRESS}}
    return "a holder of others", [sandbox.write("/v1/issuing/cardholders", params)]


def _buy(sandbox: Embedded, objects: Objects, rng: random.Random) -> Done:
    """A purchase, captured where it is approved."""
    card = _some(objects, rng, "issuing.card")
    if card is None:
        return "no purchase", []
    amount = rng.choice((500, 1000, 5000))
    asked = sandbox.write(
        "/v1/test_helpers/issuing/authorizations", {"card": card["id"], "amount": amount, "currency": "usd"}
    )
    if not asked.done or not asked.data["approved"]:
        return f"a purchase of {amount} with {card['id']}, declined", [asked]
    bought = sandbox.write(
        f"/v1/test_helpers/issuing/authorizations/{asked.data['id']}/capture", {"capture_amount": amount}
    )
    return f"a purchase of {amount} with {card['id']}", [asked, bought]


def _top_up(sandbox: Embedded, _objects: Objects, rng: random.Random) -> Done:
    """Money from others."""
    params = {"amount": rng.choice((700, 3000)), "currency": "usd", "destination_balance": "issuing"}
    return f"a top-up of others: {params['amount']}", [sandbox.write("/v1/topups", params)]


def _cancel_top_up(sandbox: Embedded, objects: Objects, _rng: random.Random) -> Done:
    pending = [item for item in objects.values() if item["object"] == "topup" and item["status"] == "pending"]
    if not pending:
        return "no top-up to cancel", []
    said = sandbox.write(f"/v1/topups/{pending[-1]['id']}/cancel", {})
    return f"top-up {pending[-1]['id']} is canceled by hand", [said]


Deed = Callable[[Embedded, Objects, random.Random], Done]
DEEDS: tuple[Deed, ...] = (
    *(_switch, _switch, _switch, _limit, _limit, _allow, _cancel, _note),
    *(_disown, _strange_card, _strange_holder, _buy, _buy, _top_up, _cancel_top_up),
)


def copy_marks(sandbox: Embedded, objects: Objects, rng: random.Random) -> tuple[str, list[Said], str]:
    """A card made by hand with the marks of one of ours, of the same or a higher generation, and its id."""
    ours = [item for item in objects.values() if is_ours(item) and item["object"] == "issuing.card"]
    living = [item for item in ours if item["status"] != "canceled"]
    if not living:
        return "no marks to copy", [], ""
    card = rng.choice(living)
    marks = {key: value for key, value in card["metadata"].items() if key.startswith("provisioner_")}
    marks[GENERATION] = str(int(marks.get(GENERATION, "1")) + rng.choice((0, 1, 7)))
    params = {"cardholder": card["cardholder"]["id"], "currency": "usd", "type": "virtual", "metadata": marks}
    said = sandbox.write("/v1/issuing/cards", {**params, "status": rng.choice(("active", "inactive"))})
    if not said.done:
        return "marks could not be copied", [said], ""
    what = (
        f"a copy of the marks of {card['metadata'][OF_ADDRESS]} {card['id']}, generation {marks[GENERATION]}"
    )
    return f"{what}: {said.data['id']}", [said], str(said.data["id"])
