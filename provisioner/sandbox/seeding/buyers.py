"""Plans the purchases of each card: merchants, times, and amounts."""

import datetime as dt
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zlib import crc32

from provisioner.sandbox.registry import resource_of
from provisioner.sandbox.rules.common.programs import DEFAULT_LIMIT, country_of
from provisioner.sandbox.seeding.trades import HABITS, TRADES, Trade, trade_of
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]

_DAY = 86_400
_SATURDAY = 5
_ABROAD = 0.08  # the probability that a merchant is abroad, for a card that may be used anywhere
_STRAY = 0.04  # the share of purchases with any merchant, whatever the controls say
_IDLE_FROM = 6  # with at least this many cards, some are never used
_IDLE = 0.12  # the probability of that
_INACTIVE = 0.02  # the share of purchases tried with an inactive card, compared with an active one
_LEAST = 50  # the smallest amount, in minor units
_CENTS_OF = 2_000  # minor units; prices above this are often round
# Country -> its currency, a city, and the offset of its local time from UTC in hours.
PLACES: Mapping[str, tuple[str, Sequence[str], int]] = {
    "US": ("usd", ("San Francisco", "New York", "Austin", "Chicago"), -7),
    "GB": ("gbp", ("London", "Manchester"), 0),
    "DE": ("eur", ("Berlin", "Hamburg"), 1),
    "FR": ("eur", ("Paris",), 1),
    "IE": ("eur", ("Dublin",), 0),
    "NL": ("eur", ("Amsterdam",), 1),
    "CA": ("cad", ("Toronto", "Vancouver"), -5),
    "JP": ("jpy", ("Tokyo",), 9),
    "CH": ("chf", ("Zurich",), 1),
    "MX": ("mxn", ("Mexico City",), -6),
    "SE": ("sek", ("Stockholm",), 1),
}
_METHOD_OF = {"present": "chip", "not_present": "online"}
_PRESENT = frozenset({"chip", "contactless", "swipe"})
_DAYS_OF = {"daily": 1.0, "weekly": 7.0, "monthly": 30.4, "yearly": 365.0}


class Seller(NamedTuple):
    """A merchant."""

    trade: Trade
    """The merchant's trade."""
    name: str
    """The merchant's name."""
    country: str
    """The merchant's country, as a two-letter code."""
    city: str
    """The merchant's city."""

    def data(self) -> Json:
        """Return the merchant as the `merchant_data` of a request."""
        return {
            "category": self.trade.category,
            "city": self.city,
            "country": self.country,
            "name": self.name,
            "network_id": str(crc32(f"{self.name} {self.city}".encode())).zfill(10),
        }


class PlannedPurchase(NamedTuple):
    """A purchase that will be tried."""

    at: int
    """The time (Unix seconds)."""
    buyer: int
    """The index of the buyer."""
    seller: Seller
    """The merchant."""
    amount: int
    """The amount in minor units of the card's currency."""
    method: str
    """The method by which the card is read."""


@dataclass
class Buyer:
    """A card and its buying habits."""

    card: str
    """The id of the card, or of its replacement once it has been replaced."""
    weight: float
    """Its share of all purchases, relative to other cards."""
    sellers: Sequence[Seller]
    """The merchants at which the card is often used."""
    presences: Sequence[str]
    """The card presences that its controls allow; empty for all."""
    room: float
    """The amount that its limits allow per day, in minor units."""
    most: int
    """The largest purchase that its limits allow, in minor units."""
    factor: float = 1.0
    """The factor applied to its amounts; below 1 if its purchases would otherwise not fit its limits."""
    lost: list[str] = field(default_factory=list)
    """The ids of the cards that it replaced; somebody may still try to use them."""


def buyers(tx: Tx, cards: Sequence[str], rng: random.Random) -> list[Buyer]:
    """Return the buyers of cards that can be used; canceled and single-use cards make no purchases."""
    found = []
    for number, card_id in enumerate(cards):
        card = tx.fetch(resource_of("issuing.card"), card_id)
        ends_itself = (card["lifecycle_controls"] or {}).get("cancel_after")
        if card["status"] == "canceled" or ends_itself:
            continue
        holder = tx.fetch(resource_of("issuing.cardholder"), card["cardholder"])
        is_idle = len(cards) >= _IDLE_FROM and number and rng.random() < _IDLE
        weight = 0.0 if is_idle else rng.lognormvariate(0, 0.7)
        if card["status"] != "active":
            weight *= _INACTIVE
        found.append(_buyer(tx, card, holder, weight, rng))
    return found


def _buyer(tx: Tx, card: Json, holder: Json, weight: float, rng: random.Random) -> Buyer:
    rules = (card["spending_controls"], holder["spending_controls"])
    sellers = [_seller(tx, trade, rules, rng) for trade in _trades(rules, rng)]
    limits = [*rules[0]["spending_limits"], *rules[1]["spending_limits"]]
    if card["_default_limit"]:
        limits.append(DEFAULT_LIMIT)
    mine = {seller.trade.category for seller in sellers}
    general = [limit for limit in limits if not limit["categories"] or mine <= {*limit["categories"]}]
    rooms = [
        limit["amount"] / _DAYS_OF[limit["interval"]] for limit in general if limit["interval"] in _DAYS_OF
    ]
    bounds = [limit["amount"] for limit in general]
    presences = _allowed(rules, "card_presences", ("present", "not_present"))
    return Buyer(
        card["id"],
        weight,
        sellers,
        presences,
        min(rooms, default=math.inf) * rng.uniform(0.35, 1.1),
        min(bounds, default=1_000_000),
    )


def _allowed(rules: Sequence[Json], name: str, choices: Sequence[str]) -> list[str]:
    """Return the choices that the rules do not forbid; all of them if nothing would be left."""
    left = [
        each
        for each in choices
        if all(
            each in (rule[f"allowed_{name}"] or (each,)) and each not in (rule[f"blocked_{name}"] or ())
            for rule in rules
        )
    ]
    return left or [*choices]


def _trades(rules: Sequence[Json], rng: random.Random) -> list[Trade]:
    """Return the trades of a card: those that it was issued for, or a random selection that fits together."""
    named = [category for rule in rules for category in rule["allowed_categories"] or ()]
    if named:
        left = _allowed(rules, "categories", list(dict.fromkeys(named)))
        return [trade_of(category) for category in left[:12]]
    usual = _allowed(rules, "categories", [trade.category for trade in TRADES])
    return [trade_of(category) for category in rng.sample(usual, k=min(len(usual), rng.randint(4, 9)))]


def _seller(tx: Tx, trade: Trade, rules: Sequence[Json], rng: random.Random) -> Seller:
    home = country_of(tx)
    others = [country for country in PLACES if country != home]
    countries = _allowed(rules, "merchant_countries", [home, *others])
    country = home if home in countries else rng.choice(countries)
    if len(countries) > 1 and rng.random() < _ABROAD:
        country = rng.choice(countries)
    cities = PLACES.get(country, ("", ("Capital",), 0))[1]
    return Seller(trade, rng.choice(trade.names), country, rng.choice(cities))


def plan(
    tx: Tx, people: Sequence[Buyer], count: int, span: tuple[int, int], rng: random.Random
) -> list[PlannedPurchase]:
    """Return planned purchases within a span of time (Unix seconds), in the order of time."""
    whole = sum(buyer.weight for buyer in people)
    reached, shares = 0.0, []
    for buyer in people:
        before, reached = reached, reached + buyer.weight / whole * count
        shares.append(round(reached) - round(before))
    days = max(1.0, (span[1] - span[0]) / _DAY)
    for buyer, share in zip(people, shares, strict=True):
        trades = [seller.trade for seller in buyer.sellers]
        usual = sum(trade.typical * 100 * math.exp(trade.spread**2 / 2) for trade in trades) / len(trades)
        buyer.factor = min(1.0, buyer.room * days / max(1.0, share * usual))
    found = []
    for number, (buyer, share) in enumerate(zip(people, shares, strict=True)):
        times = _Times(span, rng)
        found += [_one(tx, number, buyer, times, rng) for _ in range(share)]
    return sorted(found, key=lambda each: each.at)


def _one(tx: Tx, number: int, buyer: Buyer, times: "_Times", rng: random.Random) -> PlannedPurchase:
    seller = rng.choice(buyer.sellers)
    if rng.random() < _STRAY:
        seller = _seller(tx, rng.choice(TRADES), (), rng)
    habit = HABITS[seller.trade.habit]
    fitting = [
        method
        for method in habit.methods
        if ("present" if method in _PRESENT else "not_present") in buyer.presences
    ]
    method = rng.choice(fitting) if fitting else _METHOD_OF[buyer.presences[0]]
    at = times.draw(habit.hours, habit.weekend, PLACES.get(seller.country, ("", (), 0))[2])
    return PlannedPurchase(at, number, seller, _amount(tx, buyer, seller, rng), method)


def _amount(tx: Tx, buyer: Buyer, seller: Seller, rng: random.Random) -> int:
    trade = seller.trade
    if trade.habit == "fuel" and country_of(tx) == seller.country == "US" and buyer.factor == 1:
        return 100  # the amount that a pump requests before fueling
    amount = round(trade.typical * 100 * rng.lognormvariate(0, trade.spread) * buyer.factor)
    if amount > buyer.most and rng.random() > _STRAY:
        amount = round(buyer.most * rng.uniform(0.3, 1))
    if amount > _CENTS_OF:
        amount = amount // 100 * 100 + rng.choice((0, 0, 99, amount % 100, amount % 100, amount % 100))
    return max(amount, _LEAST)


class _Times:
    """Draws times within a span: more on working days, and around the usual hours of a trade."""

    def __init__(self, span: tuple[int, int], rng: random.Random) -> None:
        self._begin, self._end = span
        self._rng = rng

    def draw(self, hours: tuple[float, float], weekend: float, ahead: int) -> int:
        """Return a time. `weekend` is the weight of a weekend day; `ahead` is the local offset from UTC."""
        while True:
            day = self._rng.uniform(self._begin, self._end)
            local = dt.datetime.fromtimestamp(day, dt.UTC) + dt.timedelta(hours=ahead)
            if local.weekday() >= _SATURDAY and self._rng.random() > weekend:
                continue
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
            hour = self._rng.gauss(*hours) % 24 - ahead
            at = int(midnight.timestamp() + hour * 3_600)
            if self._begin <= at < self._end:
                return at
