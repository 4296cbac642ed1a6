"""Checks every request of a history for states that must never occur, without using the planner's code."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from msgspec import Struct, field

from provisioner.chaos.embedded import Embedded, Said
from provisioner.chaos.estate.reading import (
    OF_ADDRESS,
    Declaration,
    address_of,
    differences,
    is_ours,
    standing,
)
from provisioner.chaos.power import can_spend, exceeds, holder_of, spending
from provisioner.core.model.snapshot import issuing_rows

Json = Mapping[str, Any]
Objects = Mapping[str, Json]
Pair = tuple[Json, Json]  # a card and its cardholder

REPLACING = {
    "cardholder",
    "type",
    "currency",
    "second_line",
    "reissue",
}  # fields whose change requires another card
KINDS = ("issuing.card", "issuing.cardholder", "topup")


class Moment(Struct, frozen=True):
    """The changes of one request."""

    request: str
    """The id of the request."""
    changed: tuple[tuple[Json | None, Json], ...]
    """Each object before (None if it is new) and after."""


class Watch(Struct):
    """The state of a sandbox, derived from its events."""

    sandbox: Embedded
    """The sandbox that is watched."""
    objects: dict[str, Json] = field(default_factory=dict)
    """The objects by id."""
    by_hand: set[str] = field(default_factory=set)
    """The ids of requests that provisioner did not make."""
    forged: set[str] = field(default_factory=set)
    """The ids of cards with a copy of another card's ownership metadata."""
    lagging: set[str] = field(default_factory=set)
    """The resources whose lists lag."""
    _last: str = ""

    def hands(self, answers: Iterable[Said]) -> None:
        """Record requests as made outside of provisioner."""
        self.by_hand |= {said.headers["request-id"] for said in answers}

    def moments(self) -> list[Moment]:
        """Return the changes since the last call, oldest first."""
        events: list[Json] = []
        after = {"ending_before": self._last} if self._last else {}
        while page := self.sandbox.read("/v1/events", limit=100, **after)["data"]:
            # A page has the newest event first; the page next to the cursor comes first.
            events += reversed(page)
            after = {"ending_before": page[0]["id"]}
            self._last = page[0]["id"]
        found: list[Moment] = []
        for request, group in groupby(events, key=lambda event: (event.get("request") or {}).get("id") or ""):
            changed = [event["data"]["object"] for event in group]
            ours = [item for item in changed if item.get("object") in KINDS]
            found.append(Moment(request, tuple((self.objects.get(item["id"]), item) for item in ours)))
            self.objects |= {item["id"]: item for item in ours}
        return found

    def coming(self) -> int:
        """Return the Issuing balance with pending top-ups, in minor units."""
        rows = issuing_rows(self.sandbox.read("/v1/balance"))
        available = sum(row["amount"] for row in rows if row["currency"] == "usd")
        pending = [item for item in self.objects.values() if item["object"] == "topup"]
        return int(available + sum(item["amount"] for item in pending if item["status"] == "pending"))


def wrong(
    before: Objects, moments: Sequence[Moment], wanted: Sequence[Declaration], watch: Watch
) -> Iterator[str]:
    """Describe what was wrong in a step that began with `before`; `wanted` are the applied configurations."""
    now = dict(before)
    sides = [dict(before)]
    for moment in moments:
        if moment.request in watch.by_hand or not moment.request:
            now |= {item["id"]: item for _, item in moment.changed}
            sides.append(dict(now))
            continue
        # Stripe cancels a card when its replacement is activated
        replaced = {item.get("replacement_for") for _, item in moment.changed}
        for had, item in moment.changed:
            if not is_ours(had or item) and item["id"] not in replaced:
                yield f"{item['id']} does not belong to the project, but was changed"
        now |= {item["id"]: item for _, item in moment.changed}
        yield from _doubles(now, sides, wanted, watch.forged)
        yield from _too_wide(now, moment, sides, wanted, unseen="issuing/cards" in watch.lagging)


def _doubles(
    now: Objects, sides: Sequence[Objects], wanted: Sequence[Declaration], forged: set[str]
) -> Iterator[str]:
    blocks = [block for side in wanted for block in side.cards.values()]
    former = {name for block in blocks for name in (block.get("lifecycle") or {}).get("previously", ())}
    by_address: dict[str, list[Json]] = defaultdict(list)
    for card in spending(now):
        if (address := address_of(card)) and card["id"] not in forged:
            by_address[address].append(card)
    for address, cards in by_address.items():
        before = [card for card in cards if any(can_spend(side, card["id"]) for side in sides)]
        # a renamed card has its old address until its update is made
        renamed = address.partition(".")[2] in former
        if len(cards) - len(before) > 1 or (len(cards) > 1 and not renamed and len(before) < len(cards)):
            yield f"{address}: {' and '.join(card['id'] for card in cards)} can spend at the same time"


def _too_wide(
    now: Objects, moment: Moment, sides: Sequence[Objects], wanted: Sequence[Declaration], *, unseen: bool
) -> Iterator[str]:
    """
    Describe cards that could spend more than before and after, whichever run ends last.

    `unseen` is set if the list of cards lags, so that an activation outside of provisioner may not be seen.
    """
    ids = {item["id"] for _, item in moment.changed}
    for card in spending(now):
        address = address_of(card)
        if not address or not {card["id"], card["cardholder"]["id"]} & ids:
            continue
        pair = (card, holder_of(now, card))
        allowed = [
            *_before(card, sides),
            *(end for side in wanted for end in _ends(card, side, wanted, sides, unseen=unseen)),
        ]
        if exceeds(pair, allowed):
            yield f"{address} {card['id']} could spend more than the old and new configuration allow"


def _before(card: Json, sides: Sequence[Objects]) -> Iterator[Pair]:
    """Yield a card as it was before; for a new card, the cards that had its address."""
    for side in sides:
        if card["id"] in side:
            yield side[card["id"]], holder_of(side, side[card["id"]])
        else:
            cards = (item for item in side.values() if item["object"] == "issuing.card")
            same = (each for each in cards if address_of(each) == address_of(card))
            yield from ((each, holder_of(side, each)) for each in same)


def _ends(
    card: Json,
    wanted: Declaration,
    every: Sequence[Declaration],
    sides: Sequence[Objects],
    *,
    unseen: bool,
) -> Iterator[Pair]:
    """
    Yield what is configured at a card's address, and at the addresses that it is to be moved to.

    Of several configurations, one may have set the card before another one renamed it.
    """
    was_at = {address_of(side[card["id"]]) for side in sides if card["id"] in side}
    addresses = {address_of(card)} | (was_at if len(every) > 1 else set())
    for block in (block for address in sorted(addresses) for block in _named(wanted.cards, address)):
        asked = _as_asked(block, card, sides)
        holders = (side.cardholders.get(block["cardholder"]) for side in every)
        yield from ((asked, {"status": "active", **holder}) for holder in holders if holder is not None)
        if wanted.in_part:  # the cardholder may stay unchanged
            address = f"cardholders.{block['cardholder']}"
            yield from ((asked, each) for side in sides for each in standing(side, address))
    name = address_of(card).partition(".")[2]
    # the card may stay unchanged while its cardholder changes
    if name not in wanted.cards or wanted.in_part or unseen:
        for was, holder in _before(card, sides):
            for block in _named(wanted.cardholders, address_of(holder)):
                yield was, {"status": "active", **block}


def _named(blocks: Mapping[str, Json], address: str) -> Iterator[Json]:
    """Yield the block at an address, and the blocks that had this address before."""
    name = address.partition(".")[2]
    for other, block in blocks.items():
        if other == name or name in (block.get("lifecycle") or {}).get("previously", ()):
            yield block


def _as_asked(block: Json, card: Json, sides: Sequence[Objects]) -> Json:
    """Return a block as a card; fields that it does not manage have the most permissive known value."""
    ignored = (block.get("lifecycle") or {}).get("ignore", ())
    was = [side[card["id"]] for side in sides if card["id"] in side]
    status = block.get("status", "inactive")
    if "status" not in block or "status" in ignored:
        status = "active" if "active" in (status, *(item["status"] for item in was)) else "inactive"
    controls = {} if "spending_controls" in ignored else block.get("spending_controls", {})
    return {"status": status, "spending_controls": controls}


def too_much(before: int, after: int, wanted: Sequence[Declaration], created: bool) -> Iterator[str]:
    """Describe top-ups beyond the target of every applied configuration."""
    targets = [block["target"] for side in wanted for block in side.targets.values()]
    most = max([before, *targets])
    if created and after > most:
        yield f"the balance with pending top-ups is {after}; it was {before}, and the targets are {targets}"


def revived(planned: Objects, before: Objects, after: Objects) -> Iterator[str]:
    """Describe objects that were deactivated after a plan was saved, and that the plan activated again."""
    for identity, item in after.items():
        was, then = before.get(identity), planned.get(identity)
        if was is None or then is None or was["object"] == "topup":
            continue
        if item["status"] == then["status"] == "active" != was["status"]:
            yield f"{identity} was deactivated after the plan was saved, and the plan activated it again"


def ended_for(forged: str, before: Objects, after: Objects, wanted: Declaration) -> Iterator[str]:
    """Describe cards that were canceled because another card has a copy of their ownership metadata."""
    address = before[forged]["metadata"][OF_ADDRESS]
    block = wanted.cards.get(address.partition(".")[2])
    for identity, item in before.items():
        if item["object"] != "issuing.card" or identity == forged or block is None:
            continue
        same, ended = item["metadata"].get(OF_ADDRESS) == address, after[identity]["status"] == "canceled"
        if same and ended and item["status"] != "canceled":
            asked = differences(wanted, address, block, after[identity], after)
            if not REPLACING & set(asked):
                yield f"{identity} at {address} was canceled for a card with a copy of its ownership metadata"
