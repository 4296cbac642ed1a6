"""Small worlds for scenarios: a card, its holder, and purchases near the edges of what they allow."""

import datetime as dt

from hypothesis import strategies as st

from provisioner.core.model import Address, Declared, Ref
from provisioner.core.scenario import METHODS, Purchase, Scenario

CARD, HOLDER = Address("cards", "ads"), Address("cardholders", "acme")
CATEGORIES = ("advertising_services", "caterers", "taxicabs_limousines")
COUNTRIES = ("US", "FR", "JP")
INTERVALS = ("per_authorization", "daily", "weekly", "monthly", "yearly", "all_time")
HOME = {"line1": "1 Main Street", "city": "Springfield", "postal_code": "94111", "country": "US"}
COMPANY = {"type": "company", "name": "Acme", "billing": {"address": HOME}}
PLAIN = {"cardholder": Ref(HOLDER), "currency": "usd", "type": "virtual", "status": "active"}


def time(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp())


def world(card=None, holder=None, *, controls=None, held=None):
    """A card and its holder as declared; `controls` and `held` are their spending controls."""
    card = {**PLAIN, **({"spending_controls": controls} if controls else {}), **(card or {})}
    holder = {**COMPANY, **({"spending_controls": held} if held else {}), **(holder or {})}
    return {CARD: Declared(CARD, card), HOLDER: Declared(HOLDER, holder)}


def limit(amount, interval="monthly", *categories):
    return {"amount": amount, "interval": interval, **({"categories": categories} if categories else {})}


def limits(*rows):
    return {"spending_limits": rows}


def scenario(*amounts, approved=True, reason="", **more):
    """Purchases of these amounts; the last is the one in question, the others come before."""
    balance = more.pop("balance", None)
    made = [Purchase(amount, **{"category": CATEGORIES[0], **more}) for amount in amounts]
    return Scenario("one", CARD, made[-1], approved, reason, "usd", tuple(made[:-1]), balance)


def subset(values):
    return st.lists(st.sampled_from(values), min_size=1, unique=True).map(lambda found: tuple(sorted(found)))


asked = st.sampled_from((0, 1, 50, 99, 100, 101, 150, 500, 25_000, 50_000, 1_000_000, 1_000_001))
allowed = st.sampled_from((0, 100, 101, 150, 200, 300, 500, 50_000, 1_000_000, 2_000_000))
rarely = st.integers(0, 9).map(lambda number: number == 7)


@st.composite
def a_list(draw, name, values):
    side = draw(st.sampled_from(("", "", "allowed", "blocked")))
    chosen = draw(subset(values))
    return {f"{side}_{name}": chosen[:1] if side == "blocked" else chosen} if side else {}


@st.composite
def some_controls(draw):
    rows = {}
    for interval in draw(st.lists(st.sampled_from(INTERVALS), max_size=3)):
        categories = draw(st.sampled_from(((), (), CATEGORIES[:2], CATEGORIES[2:])))
        rows[interval, categories] = limit(draw(allowed), interval, *categories)
    return {
        **draw(a_list("categories", CATEGORIES)),
        **draw(a_list("merchant_countries", COUNTRIES)),
        **draw(a_list("card_presences", ("not_present", "present"))),
        **({"spending_limits": tuple(rows.values())} if rows else {}),
    }


MOMENTS = [
    time(text)
    for text in (
        "2026-02-28T12:00:00Z",
        "2026-02-28T23:59:00Z",
        "2026-03-01T00:00:00Z",
        "2026-03-01T23:00:00Z",
        "2026-03-02T01:00:00Z",
        "2026-03-07T23:59:00Z",
        "2026-03-08T00:00:00Z",
        "2026-03-31T23:59:00Z",
        "2026-12-31T23:59:00Z",
        "2027-01-01T00:00:00Z",
        "2028-02-29T12:00:00Z",
    )
]


@st.composite
def some_purchases(draw):
    count = draw(st.integers(1, 5))
    timed = draw(st.booleans())
    moments = sorted(draw(st.lists(st.sampled_from(MOMENTS), min_size=count, max_size=count)))
    category = draw(st.sampled_from(CATEGORIES))
    return [
        Purchase(
            draw(asked),
            draw(st.sampled_from((category, category, *CATEGORIES))),
            draw(st.sampled_from((*["US"] * 3, *COUNTRIES))),
            draw(st.sampled_from(METHODS)),
            moment if timed else None,
        )
        for moment in moments
    ]


@st.composite
def worlds(draw):
    """A world and a scenario in it; most are of active cards and holders."""
    card = {
        "status": "inactive" if draw(rarely) else "active",
        "spending_controls": draw(some_controls()),
        "lifecycle_controls": {"cancel_after": {"payment_count": draw(st.integers(1, 3))}},
        "exp_month": 3,
        "exp_year": 2026,
    }
    for optional in (("lifecycle_controls",), ("exp_month", "exp_year")):
        if not draw(rarely):
            for key in optional:
                del card[key]
    holder = {"status": "inactive" if draw(rarely) else "active"}
    if draw(st.booleans()):
        holder["spending_controls"] = draw(some_controls())
    made = draw(some_purchases())
    balance = draw(st.sampled_from((0, 100, 300))) if draw(rarely) else None
    one = Scenario("one", CARD, made[-1], approved=True, after=tuple(made[:-1]), balance=balance)
    return world(card, holder), one
