"""Checks with the sandbox's events that no card could ever spend more than the old or new state allows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, groupby
from typing import Any

from provisioner.chaos.power import exceeds, holder_of, spending
from provisioner.core.ownership.marks import ADDRESS
from provisioner.engine.ports import Reader

Object = Mapping[str, Any]
KINDS = ("issuing.card", "issuing.cardholder")


def newest_event(reader: Reader) -> str:
    """Return the id of the newest event; empty if there is none."""
    return next((str(event["id"]) for event in reader.list("events")), "")


def moments(reader: Reader, since: str) -> Iterator[list[Object]]:
    """Yield the objects that each request after the event `since` changed."""
    events: list[Object] = []
    for event in reader.list("events"):
        if event["id"] == since:
            break
        events.append(event)
    events.reverse()
    for _, group in groupby(events, key=lambda event: (event.get("request") or {}).get("id")):
        changed = [event["data"]["object"] for event in group]
        yield [item for item in changed if item.get("object") in KINDS]


def estate(reader: Reader) -> dict[str, Object]:
    """Return all cards and cardholders by id."""
    found = [*reader.list("issuing/cardholders"), *reader.list("issuing/cards")]
    return {str(item["id"]): item for item in found}


def too_wide(
    before: Mapping[str, Object], ends: Iterable[Mapping[str, Object]], steps: Iterable[list[Object]]
) -> list[str]:
    """
    Describe where a card could spend more than before and after, or two cards of one address could spend.

    `before` has the objects before the steps, and `ends` the objects of undisturbed applies that began with
    `before`. Cards that existed before are compared by id, as their address may belong to another card by
    now; new cards are compared by address.
    """
    sides = (before, *ends)
    allowed = [
        {_same(card, before): (card, holder_of(side, card)) for card in spending(side)} for side in sides
    ]
    now = dict(before)
    found: list[str] = []
    for changed in steps:
        now |= {str(item["id"]): item for item in changed}
        cards = [card for card in spending(now) if _address(card)]
        found += [f"two cards at {_address(one)} could spend" for one in _doubles(cards, before, allowed)]
        ids = {item["id"] for item in changed}
        for card in cards:
            if not {card["id"], card["cardholder"]["id"]} & ids:
                continue
            same = _same(card, before)
            if exceeds((card, holder_of(now, card)), [side[same] for side in allowed if same in side]):
                found.append(f"{_address(card)} could spend more than the old and new configuration allow")
    return list(dict.fromkeys(found))


def _doubles(
    cards: Sequence[Object], before: Mapping[str, Object], allowed: Sequence[Mapping[str, Any]]
) -> Iterator[Object]:
    """Yield cards that can spend next to another card of their address, unless one is yet to be renamed."""
    by_address: dict[str, list[Object]] = defaultdict(list)
    for card in cards:
        by_address[_address(card)].append(card)
    for those in by_address.values():
        for one, other in combinations(those, 2):
            both = {_same(one, before), _same(other, before)}
            if not any(len(both & side.keys()) > 1 for side in allowed):
                yield one


def _same(card: Object, before: Mapping[str, Object]) -> str:
    """Return what identifies a card in all runs: its id, or its address if the card is new."""
    return str(card["id"]) if card["id"] in before else _address(card)


def _address(card: Object) -> str:
    return str((card.get("metadata") or {}).get(ADDRESS, ""))
