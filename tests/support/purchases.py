"""Small worlds for scenarios: a card, its holder, and purchases near the edges of what they allow."""

import datetime as dt

from hypothesis import strategies as st

from provisioner.core.model.resource import Address, Declared, Ref
from provisioner.core.model.scenario import METHODS, Purchase, Scenario

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


# Amounts that meet each other, the default limit of 500 a day, or Stripe's 10,000 a purchase.
THEMES = ((0, 1, 50, 100), (1, 25_000, 50_000, 50_001), (1, 1_000_000, 1_000_001))
# Moments around which something begins anew, or seems to.
EDGES = [
    [time(text) for text in texts]
    for texts in (
        ("2026-03-03T23:59:00Z", "2026-03-04T00:00:00Z", "2026-03-04T23:59:00Z"),
        ("2026-03-07T23:59:00Z", "2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z"),
        ("2026-03-14T12:00:00Z", "2026-03-15T12:00:00Z", "2026-03-21T23:59:00Z", "2026-03-22T00:00:00Z"),
        ("2026-02-28T23:59:00Z", "2026-03-01T00:00:00Z", "2026-03-31T23:59:00Z"),
        ("2026-03-31T23:59:00Z", "2026-04-01T00:00:00Z"),
        ("2026-12-31T23:59:00Z", "2027-01-01T00:00:00Z"),
        ("2026-03-03T12:00:00Z", "2027-03-03T12:00:00Z"),
        ("2028-02-29T00:00:00Z", "2028-02-29T23:59:00Z", "2028-03-01T00:00:00Z"),
    )
]
rarely = st.sampled_from((*[False] * 7, True))


@st.composite
def some_purchases(draw):
    count = draw(st.integers(1, 4))
    amounts = st.sampled_from(draw(st.sampled_from(THEMES)))
    edge = draw(st.sampled_from(EDGES))
    moments = sorted(draw(st.lists(st.sampled_from(edge), min_size=count, max_size=count)))
    timed = draw(st.booleans())
    category, country, method = (draw(st.sampled_from(values)) for values in (CATEGORIES, COUNTRIES, METHODS))
    return [
        Purchase(
            draw(amounts),
            draw(st.sampled_from(CATEGORIES)) if draw(rarely) else category,
            draw(st.sampled_from(COUNTRIES)) if draw(rarely) else country,
            draw(st.sampled_from(METHODS)) if draw(rarely) else method,
            moment if timed else None,
        )
        for moment in moments
    ]


def bounds(made):
    """Amounts that some of the purchases just reach, or just pass."""
    sums = {
        sum(one.amount for one in made[i:j]) for i in range(len(made)) for j in range(i + 1, len(made) + 1)
    }
    return st.sampled_from(sorted(sums | {amount - 1 for amount in sums if amount}))


@st.composite
def some_controls(draw, made):
    """Controls that most of the purchases get by."""
    controls = {}
    for name, attribute, values in (
        ("categories", "category", CATEGORIES),
        ("merchant_countries", "country", COUNTRIES),
        ("card_presences", "presence", ("not_present", "present")),
    ):
        used = sorted({getattr(one, attribute) for one in made})
        others = [value for value in values if value not in used]
        side = draw(st.sampled_from(("", "", "allowed", "blocked")))
        chosen = used if (side == "allowed") != draw(rarely) else others
        if side and chosen:
            controls[f"{side}_{name}"] = tuple(chosen)
    rows = {}
    for interval in draw(st.lists(st.sampled_from(INTERVALS), max_size=2)):
        categories = draw(st.sampled_from(((), (), CATEGORIES[:2], CATEGORIES[2:])))
        rows[interval, categories] = limit(draw(bounds(made)), interval, *categories)
    return controls | ({"spending_limits": tuple(rows.values())} if rows else {})


@st.composite
def worlds(draw):
    """A world and a scenario in it; most are of active cards and holders, near the edge of a limit."""
    made = draw(some_purchases())
    card = {
        "status": "inactive" if draw(rarely) else "active",
        "spending_controls": draw(some_controls(made)),
    }
    if draw(rarely):
        card["lifecycle_controls"] = {"cancel_after": {"payment_count": draw(st.integers(1, 3))}}
    if draw(rarely):
        card |= {"exp_month": 3, "exp_year": 2026}
    holder = {"status": "inactive" if draw(rarely) else "active"}
    if draw(st.booleans()):
        holder["spending_controls"] = draw(some_controls(made))
    balance = draw(bounds(made)) if draw(rarely) else None
    one = Scenario("one", CARD, made[-1], approved=True, after=tuple(made[:-1]), balance=balance)
    return world(card, holder), one
