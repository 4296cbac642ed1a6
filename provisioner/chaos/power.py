"""Computes how much a card can spend, by merchant and by time, without using any code of the kinds.

docs.stripe.com/issuing/controls/spending-controls
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

# How often a limit of an interval (inner name) can be used up within a span of time (outer name).
SPANS: Mapping[str, Mapping[str, int]] = {
    "once": dict.fromkeys(("per_authorization", "daily", "weekly", "monthly", "yearly", "all_time"), 1),
    "daily": dict.fromkeys(("daily", "weekly", "monthly", "yearly", "all_time"), 1),
    "weekly": {"daily": 7} | dict.fromkeys(("weekly", "monthly", "yearly", "all_time"), 1),
    "monthly": {"daily": 31, "weekly": 6} | dict.fromkeys(("monthly", "yearly", "all_time"), 1),
    "yearly": {"daily": 366, "weekly": 54, "monthly": 12, "yearly": 1, "all_time": 1},
    "all_time": {"all_time": 1},
}
WITHOUT_LIMIT = 1 << 62

Object = Mapping[str, Any]


class Shop(NamedTuple):
    """A merchant, as spending controls distinguish them."""

    category: str
    """The merchant category."""
    country: str
    """The two-letter country."""
    presence: str
    """`present` or `not_present`."""


def holder_of(objects: Mapping[str, Object], card: Object) -> Object:
    """Return a card's current cardholder; the copy in the card is as old as the card's last event."""
    found: Object = objects.get(card["cardholder"]["id"], card["cardholder"])
    return found


def can_spend(objects: Mapping[str, Object], identity: str) -> bool:
    """Return True if an object exists and is an active card of an active cardholder."""
    card = objects.get(identity)
    return bool(
        card
        and card["object"] == "issuing.card"
        and card["status"] == "active" == holder_of(objects, card)["status"]
    )


def spending(objects: Mapping[str, Object]) -> list[Object]:
    """Return the cards that can spend."""
    return [item for identity, item in objects.items() if can_spend(objects, identity)]


def exceeds(now: tuple[Object, Object], sides: Sequence[tuple[Object, Object]]) -> bool:
    """Return True if a card with its holder can spend more than each of `sides`, anywhere in any period."""
    every = [each for pair in (now, *sides) for each in pair]
    return any(
        power(*now, shop, span) > max((power(*side, shop, span) for side in sides), default=0)
        for shop in shops(every)
        for span in SPANS
    )


def power(card: Object, holder: Object, shop: Shop, span: str) -> int:
    """Return the most that a card can spend at a shop in a span of time, in minor units."""
    if card.get("status") != "active" or holder.get("status") != "active":
        return 0
    return min(_bound(each.get("spending_controls") or {}, shop, SPANS[span]) for each in (card, holder))


def _bound(controls: Object, shop: Shop, windows: Mapping[str, int]) -> int:
    for what, value in (
        ("categories", shop.category),
        ("merchant_countries", shop.country),
        ("card_presences", shop.presence),
    ):
        allowed = controls.get(f"allowed_{what}")
        if (allowed and value not in allowed) or value in (controls.get(f"blocked_{what}") or ()):
            return 0
    bounds = [
        row["amount"] * windows[row["interval"]]
        for row in controls.get("spending_limits") or ()
        if row["interval"] in windows and (not row.get("categories") or shop.category in row["categories"])
    ]
    return min(bounds, default=WITHOUT_LIMIT)


def shops(objects: Sequence[Object]) -> Iterator[Shop]:
    """Yield one shop for each case that the controls of these objects distinguish, and one for the rest."""

    def named(what: str) -> list[str]:
        lists = [
            (each.get("spending_controls") or {}).get(f"{way}_{what}") or ()
            for each in objects
            for way in ("allowed", "blocked")
        ]
        return sorted({value for values in lists for value in values})

    limited = {
        category
        for each in objects
        for row in (each.get("spending_controls") or {}).get("spending_limits") or ()
        for category in row.get("categories") or ()
    }
    for category in sorted({*named("categories"), *limited, "other"}):
        for country in [*named("merchant_countries"), "other"]:
            for presence in ("present", "not_present"):
                yield Shop(category, country, presence)
