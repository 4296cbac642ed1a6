"""The replay and the sandbox, which share nothing, decide alike: in the past as it was, and under a plan."""

import random
from typing import NamedTuple

from hypothesis import event, given, settings
from hypothesis import strategies as st
from support.embedded import Embedded, read_past

from provisioner.core.purchases.planned import Planned
from provisioner.core.purchases.replay import backtest

START = 1_900_000_800  # 2030-03-17, a Sunday
DAY = 86_400
WAITS = (0, 0, 0, 1, 60, 3_600, 7_200, DAY // 2, DAY, 3 * DAY, 8 * DAY)
CATEGORIES = ("advertising_services", "caterers", "taxicabs_limousines")
COUNTRIES = ("US", "FR", "JP")
INTERVALS = ("per_authorization", "daily", "weekly", "monthly", "yearly", "all_time")
ADDRESS = {"line1": "1 Main Street", "city": "Springfield", "postal_code": "94111", "country": "US"}
CARDS = 3


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - made-up purchases


class Step(NamedTuple):
    """Something that happens to a card, or to an authorization, counted from the last one backwards."""

    what: str
    wait: int
    card: int = 0
    back: int = 0
    amount: int = 0
    more: tuple = ()


def some_controls(rng: random.Random):
    """Controls that decline some of the purchases."""
    controls = {}
    for name, values in (
        ("categories", CATEGORIES),
        ("merchant_countries", COUNTRIES),
        ("card_presences", ("present", "not_present")),
    ):
        side = rng.choice(("", "", "", "", "allowed", "blocked"))
        chosen = rng.sample(values, len(values) - 1 if side == "allowed" else 1)
        if side:
            controls[f"{side}_{name}"] = chosen
    rows = {}
    for interval in rng.sample(INTERVALS, rng.randint(1, 2)):
        only = rng.choice(((), (), CATEGORIES[:2]))
        top = rng.choice((500, 1_500, 4_000, 20_000, 60_000))
        rows[interval, only] = {"amount": top, "interval": interval} | ({"categories": only} if only else {})
    return controls | {"spending_limits": [*rows.values()]}


def some_steps(rng: random.Random, count: int, *, changes=True):
    """A script of purchases and of what becomes of them."""
    what = ["buy"] * 9 + ["capture", "capture", "part", "part", "reverse", "reverse_part"]
    what += ["expire", "increment", "increment", "finalize", "refund", "replace"]
    what += ["limit", "holder_limit", "switch"] if changes else []
    return [
        Step(
            rng.choice(what),
            rng.choice(WAITS),
            rng.randrange(CARDS),
            rng.choice((0, 0, 0, 1, 2, 5)),
            rng.choice((0, 1, 99, 100, 400, 500, 1_000, 2_500, 20_000)),
            (rng.choice(CATEGORIES), rng.choice(COUNTRIES), rng.choice(("online", "chip")), rng.random()),
        )
        for _ in range(count)
    ]


class Stage:
    """A sandbox with a cardholder and cards, on which a script is played."""

    def __init__(self, controls, held) -> None:
        self.there = Embedded(START)
        self.there.fund()
        self.controls = controls
        billing = {"address": ADDRESS}
        holder = {"name": "Acme", "type": "company", "billing": billing, "spending_controls": held}
        self.holder = self.there.post("issuing/cardholders", **holder)["id"]
        self.cards = [self.card(each) for each in controls]
        self.ever = [*self.cards]
        self.made: list[dict] = []
        self.decided: list[tuple[bool, ...]] = []

    def card(self, controls, **more) -> str:
        given = {"cardholder": self.holder, "currency": "usd", "type": "virtual", "status": "active"}
        return self.there.post("issuing/cards", **given, spending_controls=controls, **more)["id"]

    def play(self, steps) -> None:
        for step in steps:
            self.there.wait(step.wait)
            getattr(self, step.what)(step)
            if step.what in ("replace", "limit", "holder_limit", "switch"):
                self.there.hear()

    def latest(self, step):
        """An authorization that is still open, as it is now."""
        found = [one for one in self.made if one["status"] == "pending"]
        if not found:
            return None
        one = found[-1 - min(step.back, len(found) - 1)]
        now = self.there.get(f"issuing/authorizations/{one['id']}")
        self.made[self.made.index(one)] = now
        return now if now["status"] == "pending" else None

    def then(self, one, verb, **params) -> None:
        now = self.there.post(f"test_helpers/issuing/authorizations/{one['id']}/{verb}", **params)
        self.made[[each["id"] for each in self.made].index(one["id"])] = now

    def buy(self, step) -> None:
        category, country, method, chance = step.more
        foreign = {"merchant_amount": step.amount * 2, "merchant_currency": "eur"} if chance > 0.8 else {}
        self.made.append(
            self.there.post(
                "test_helpers/issuing/authorizations",
                card=self.cards[step.card],
                amount=step.amount,
                authorization_method=method,
                merchant_data={"category": category, "country": country},
                **foreign,
            )
        )

    def capture(self, step) -> None:
        one = self.latest(step)
        if one and one["amount"]:
            self.then(one, "capture", capture_amount=one["amount"])

    def part(self, step) -> None:
        """Capture a part, or more than is held, and perhaps leave it open for more."""
        one = self.latest(step)
        if one and one["amount"]:
            share = (0.3, 0.5, 1.2)[step.card]
            amount = max(1, int(one["request_history"][0]["amount"] * share))
            self.then(one, "capture", capture_amount=amount, close_authorization=step.more[3] > 0.5)

    def reverse(self, step) -> None:
        if one := self.latest(step):
            self.then(one, "reverse")

    def reverse_part(self, step) -> None:
        one = self.latest(step)
        if one and one["amount"] > 1 and not one["transactions"]:
            self.then(one, "reverse", reverse_amount=one["amount"] // 2)

    def expire(self, step) -> None:
        if one := self.latest(step):
            self.then(one, "expire")

    def increment(self, step) -> None:
        one = self.latest(step)
        if one and step.amount:
            self.then(one, "increment", increment_amount=step.amount)

    def finalize(self, step) -> None:
        one = self.latest(step)
        if one and step.amount and not one["transactions"]:
            self.then(one, "finalize_amount", final_amount=step.amount)

    def refund(self, step) -> None:
        found = [one for one in self.made if one["transactions"]]
        if found and step.more[3] > 0.5:
            entry = found[-1]["transactions"][0]
            self.there.post(f"test_helpers/issuing/transactions/{entry['id']}/refund", refund_amount=1)
            found[-1]["transactions"] = []

    def replace(self, step) -> None:
        """Lose a card, or let it be renewed."""
        old = self.cards[step.card]
        reason = "lost" if step.more[3] > 0.5 else "expired"
        if reason == "lost":
            self.there.post(f"issuing/cards/{old}", status="canceled", cancellation_reason="lost")
        new = self.card(self.controls[step.card], replacement_for=old, replacement_reason=reason)
        self.cards[step.card] = new
        self.ever.append(new)

    def limit(self, step) -> None:
        rows = some_controls(seeded(step.amount + step.back))["spending_limits"]
        self.there.post(f"issuing/cards/{self.cards[step.card]}", spending_controls={"spending_limits": rows})

    def holder_limit(self, step) -> None:
        rows = some_controls(seeded(step.amount + step.back + 7))["spending_limits"]
        self.there.post(f"issuing/cardholders/{self.holder}", spending_controls={"spending_limits": rows})

    def switch(self, step) -> None:
        status = "inactive" if step.more[3] > 0.6 else "active"
        self.there.post(f"issuing/cards/{self.cards[step.card]}", status=status)


seeds = st.integers(0, 2**32)


@settings(max_examples=60)
@given(seed=seeds)
def test_the_past_is_explained(seed):
    rng = seeded(seed)
    stage = Stage([some_controls(rng) for _ in range(CARDS)], some_controls(rng))
    stage.play(some_steps(rng, 40))

    found = backtest(read_past(stage.there), Planned())

    event(f"declines: {any(not one['approved'] for one in stage.made)}")
    assert found.disagreements == ()
    assert found.agreement.agreed == found.agreement.compared == found.purchases
    assert (found.newly_declined.count, found.newly_approved.count) == (0, 0)
