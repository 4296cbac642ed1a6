"""The past of applied cards, read from Stripe's authorizations: what counts towards their limits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.model import Live
from provisioner.core.scenario import Facts, Purchase

Raw = Mapping[str, Any]


def live_facts(
    card: Live, holder: Live | None, objects: Mapping[str, Sequence[Raw]], past: Sequence[Raw], available: int
) -> Facts:
    """
    The facts of an applied card: `objects` as observed, `past` all authorizations of its cardholder.

    `available` is the Issuing balance in the card's currency.
    """
    cards = {raw["id"]: raw for raw in objects.get("issuing/cards", ())}
    owner = cards[card.id]["cardholder"]
    person = owner if isinstance(owner, Mapping) else {}
    chain = set(_chain(card.id, cards))
    own = [one for one in past if _id(one.get("card")) in chain]
    return Facts(
        card=card.fields,
        holder=holder.fields if holder else {},
        available=available,
        on_card=tuple(_spent(own)),
        on_holder=tuple(_spent(past)),
        payments=sum(bool(one.amount) for one in _spent(own)),
        disabled=bool((person.get("requirements") or {}).get("disabled_reason")),
        fresh=False,
    )


def issuing_available(balance: Raw, currency: str) -> int:
    """What is available for Issuing in a currency, in minor units; 0 where Stripe shows nothing."""
    rows = (balance.get("issuing") or {}).get("available") or ()
    return sum(int(row["amount"]) for row in rows if row.get("currency") == currency)


def _chain(card_id: str, cards: Mapping[str, Raw]) -> Iterator[str]:
    """All cards that replaced each other: their purchases count towards each other's limits."""
    first = card_id
    while (before := _id(cards[first].get("replacement_for"))) in cards:
        first = before
    yield first
    later = [first]
    while later:
        known = later.pop()
        for one in cards.values():
            if _id(one.get("replacement_for")) == known:
                yield one["id"]
                later.append(one["id"])


def _spent(authorizations: Iterable[Raw]) -> Iterator[Purchase]:
    """What was captured and what is still held of each approved authorization."""
    for one in authorizations:
        if not one.get("approved"):
            continue
        captured = -sum(int(t["amount"]) for t in one.get("transactions") or () if t.get("type") == "capture")
        held = max(int(one["amount"]) - captured, 0) if one.get("status") == "pending" else 0
        merchant = one.get("merchant_data") or {}
        yield Purchase(
            captured + held,
            str(merchant.get("category")),
            str(merchant.get("country")),
            str(one.get("authorization_method")),
            int(one["created"]),
        )


def _id(value: Any) -> str:
    return str(value["id"]) if isinstance(value, Mapping) else str(value or "")
