"""The replay and the sandbox, which share nothing, decide alike: in the past as it was, and under a plan."""

import contextlib
import random
from collections import Counter
from typing import NamedTuple

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.embedded import Embedded, read_past

from provisioner.core.purchases.planned import Planned, PlannedControls
from provisioner.core.purchases.replay import backtest
from provisioner.sandbox.state.errors import ApiError

START = 1_900_000_800  # 2030-03-17, a Sunday
DAY = 86_400
WAITS = (0, 0, 0, 1, 60, 3_600, 7_200, DAY // 2, DAY, 3 * DAY, 8 * DAY)
CATEGORIES = ("advertising_services", "caterers", "taxicabs_limousines")
COUNTRIES = ("US", "FR", "JP")
INTERVALS = ("per_authorization", "daily", "weekly", "monthly", "yearly", "all_time")
ADDRESS = {"line1": "1 Main Street", "city": "Springfield", "postal_code": "94111", "country": "US"}
CARDS = 3
CHANGES = ("buy", "replace", "limit", "holder_limit", "switch")


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


def some_steps(rng: random.Random, count: int, *, waits=WAITS, changes=True):
    """A script of purchases and of what becomes of them."""
    what = ["buy"] * 9 + ["capture", "capture", "part", "part", "reverse", "reverse_part"]
    what += ["expire", "increment", "increment", "finalize", "refund", "replace"]
    what += ["limit", "holder_limit", "switch"] if changes else []
    return [
        Step(
            rng.choice(what),
            rng.choice(waits),
            rng.randrange(CARDS),
            rng.choice((0, 0, 0, 1, 2, 5)),
            rng.choice((0, 1, 99, 100, 400, 500, 1_000, 2_500, 20_000)),
            (rng.choice(CATEGORIES), rng.choice(COUNTRIES), rng.choice(("online", "chip")), rng.random()),
        )
        for _ in range(count)
    ]


class Stage:
    """A sandbox with a cardholder and cards, on which a script is played, and what was done there."""

    def __init__(self, cards, held) -> None:
        self.there = Embedded(START)
        self.there.fund()
        self.given = cards
        billing = {"address": ADDRESS}
        holder = {"name": "Acme", "type": "company", "billing": billing, "spending_controls": held}
        self.holder = self.there.post("issuing/cardholders", **holder)["id"]
        self.cards = [self.card(each) for each in range(len(cards))]
        self.begun = [*self.cards]
        self.places = {identity: place for place, identity in enumerate(self.cards)}
        self.made: list[dict] = []
        self.log: list[tuple] = []

    def card(self, place, **more) -> str:
        given = {"cardholder": self.holder, "currency": "usd", "type": "virtual", "status": "active"}
        own = {**self.given[place], **more}
        if more:
            own = {name: value for name, value in own.items() if not name.startswith("exp_")}
        return self.there.post("issuing/cards", **given, **own)["id"]

    def play(self, steps) -> None:
        for step in steps:
            self.there.wait(step.wait)
            self.log.append(("wait", step.wait))
            with contextlib.suppress(ApiError):  # such as a change of a canceled card
                getattr(self, step.what)(step)
            if step.what in CHANGES:
                self.there.hear()

    def latest(self, step):
        """The place of an authorization that is still open, and what it is now."""
        found = [place for place, one in enumerate(self.made) if one["status"] == "pending"]
        if not found:
            return 0, None
        place = found[-1 - min(step.back, len(found) - 1)]
        self.made[place] = self.there.get(f"issuing/authorizations/{self.made[place]['id']}")
        return place, self.made[place] if self.made[place]["status"] == "pending" else None

    def then(self, place, verb, **params):
        path = f"test_helpers/issuing/authorizations/{self.made[place]['id']}/{verb}"
        before = held(self.made[place])
        self.made[place] = self.there.post(path, **params)
        self.log.append((verb, place, params, before, held(self.made[place]), self.decided(place)))

    def decided(self, place):
        last = self.made[place]["request_history"][-1]
        return last["approved"], last["reason"], last["amount"]

    def buy(self, step) -> None:
        category, country, method, chance = step.more
        foreign = {"merchant_currency": "eur"} if chance > 0.8 else {}
        bought = {
            "amount": step.amount,
            "authorization_method": method,
            "merchant_data": {"category": category, "country": country},
            **foreign,
        }
        self.purchase(step.card, bought)

    def purchase(self, card, bought) -> None:
        identity = self.cards[card]
        self.made.append(self.there.post("test_helpers/issuing/authorizations", card=identity, **bought))
        self.log.append(("buy", len(self.made) - 1, card, bought, self.decided(-1)))

    def capture(self, step) -> None:
        place, one = self.latest(step)
        if one and held(one):
            self.then(place, "capture", capture_amount=held(one))

    def part(self, step) -> None:
        """Capture a part, or more than is held, and perhaps leave it open for more."""
        place, one = self.latest(step)
        if one and held(one):
            amount = max(1, int(one["request_history"][0]["amount"] * (0.3, 0.5, 1.2)[step.card]))
            self.then(place, "capture", capture_amount=amount, close_authorization=step.more[3] > 0.5)

    def reverse(self, step) -> None:
        place, one = self.latest(step)
        if one:
            self.then(place, "reverse")

    def reverse_part(self, step) -> None:
        place, one = self.latest(step)
        if one and held(one) > 1:
            self.then(place, "reverse", reverse_amount=held(one) // 2)

    def expire(self, step) -> None:
        place, one = self.latest(step)
        if one:
            self.then(place, "expire")

    def increment(self, step) -> None:
        place, one = self.latest(step)
        if one and step.amount:
            self.then(place, "increment", increment_amount=step.amount)

    def finalize(self, step) -> None:
        place, one = self.latest(step)
        if one and step.amount > one["amount"]:
            self.then(place, "finalize_amount", final_amount=step.amount)

    def refund(self, step) -> None:
        found = [one for one in self.made if one["transactions"]]
        if found and step.more[3] > 0.5:
            entry = found[-1]["transactions"][0]
            self.there.post(f"test_helpers/issuing/transactions/{entry['id']}/refund", refund_amount=1)
            found[-1]["transactions"] = []

    def replace(self, step) -> None:
        """Lose a card, or let it be renewed."""
        self.renew(step.card, "lost" if step.more[3] > 0.5 else "expired")

    def renew(self, card, reason) -> None:
        if "lifecycle_controls" in self.given[card]:
            return  # it ends itself, at another time under the plan
        old = self.cards[card]
        if reason == "lost":
            self.there.post(f"issuing/cards/{old}", status="canceled", cancellation_reason="lost")
        self.cards[card] = self.card(card, replacement_for=old, replacement_reason=reason)
        self.places[self.cards[card]] = card
        self.log.append(("renew", card, reason))

    def limit(self, step) -> None:
        rows = some_controls(seeded(step.amount + step.back))["spending_limits"]
        self.change(step.card, {"spending_controls": {"spending_limits": rows}})

    def switch(self, step) -> None:
        self.change(step.card, {"status": "inactive" if step.more[3] > 0.6 else "active"})

    def change(self, card, params) -> None:
        self.there.post(f"issuing/cards/{self.cards[card]}", **params)
        self.log.append(("change", card, params))

    def holder_limit(self, step) -> None:
        rows = some_controls(seeded(step.amount + step.back + 7))["spending_limits"]
        self.there.post(f"issuing/cardholders/{self.holder}", spending_controls={"spending_limits": rows})


class Again(Stage):
    """The same purchases once more, under the planned controls, and which decisions are different."""

    def __init__(self, cards, held_controls, declared) -> None:
        super().__init__(cards, held_controls)
        self.declared = declared
        self.gone: set[int] = set()
        self.changed: list[tuple] = []
        self.controls = read_past(self.there).controls

    def repeat(self, log) -> "Again":
        for what, *details in log:
            getattr(self, f"again_{what}")(*details)
        return self

    def again_wait(self, seconds) -> None:
        self.there.wait(seconds)

    def again_renew(self, card, reason) -> None:
        self.renew(card, reason)

    def again_change(self, card, params) -> None:
        """Only a card that is not declared changes as it did then."""
        if card not in self.declared:
            self.change(card, params)

    def again_buy(self, place, card, bought, was) -> None:
        self.purchase(card, bought)
        self.compare(place, card, was)
        approved, *_ = self.decided(place)
        if was[0] and not approved:
            self.gone.add(place)
        if approved and not was[0] and held(self.made[place]):  # it counts in full, for ever
            self.then(place, "capture", capture_amount=held(self.made[place]))

    def compare(self, place, card, was) -> None:
        now = self.decided(place)
        if now[0] != was[0]:
            self.changed.append((self.cards[card], was[0], was[2]))

    def _open(self, place) -> int:
        """Return what is held of an authorization that the plan has approved."""
        if place in self.gone:
            return 0
        self.made[place] = self.there.get(f"issuing/authorizations/{self.made[place]['id']}")
        return held(self.made[place]) if self.made[place]["status"] == "pending" else 0

    def again_increment(self, place, params, _before, _after, was) -> None:
        if place not in self.gone:
            # a merchant that has given back all that is left asks for no more, and no replay can know that
            assume(self._open(place) or self.made[place]["status"] == "pending")
            self.then(place, "increment", **params)
            self.compare(place, self.places[self.made[place]["card"]["id"]], was)

    def again_capture(self, place, params, before, after, _was) -> None:
        if place in self.gone:
            return
        there = self._open(place)
        amount = params["capture_amount"]
        if amount == before and not after:
            amount = there  # all that is held
        if amount:
            closing = not after
            self.then(place, "capture", capture_amount=amount, close_authorization=closing)
        elif there:
            self.then(place, "reverse")

    def again_reverse(self, place, _params, before, after, _was) -> None:
        there = self._open(place)
        amount = min(there, before - after) if after else there
        if amount:
            self.then(place, "reverse", reverse_amount=amount)

    def again_expire(self, place, *_) -> None:
        if self._open(place):
            self.then(place, "expire")

    def again_finalize_amount(self, place, params, *_) -> None:
        if place not in self.gone:
            self.then(place, "finalize_amount", **params)


def held(one) -> int:
    """What an authorization holds, as its balance transactions tell."""
    return -sum(each["amount"] for each in one["balance_transactions"])


seeds = st.integers(0, 2**32)


def some_stage(rng: random.Random) -> Stage:
    cards = [{"spending_controls": some_controls(rng)} for _ in range(CARDS)]
    cards[1] |= {"exp_month": 4, "exp_year": 2030}
    if rng.random() < 0.3:
        cards[0]["lifecycle_controls"] = {"cancel_after": {"payment_count": rng.randint(1, 6)}}
    return Stage(cards, some_controls(rng))


@settings(max_examples=20)
@given(seed=seeds)
def test_the_past_is_explained(seed):
    rng = seeded(seed)
    stage = some_stage(rng)
    stage.play(some_steps(rng, 40))

    found = backtest(read_past(stage.there), Planned())

    event(f"declines: {any(not one['approved'] for one in stage.made)}")
    assert found.disagreements == ()
    assert found.agreement.agreed == found.agreement.compared == found.purchases
    assert (found.newly_declined.count, found.newly_approved.count) == (0, 0)


@settings(max_examples=20)
@given(seed=seeds)
def test_the_difference_is_that_of_making_the_same_purchases_again(seed):
    rng = seeded(seed)
    stage = some_stage(rng)
    # within one second nobody can tell what came first, and another order may have other consequences
    stage.play(some_steps(rng, 40, waits=WAITS[3:]))
    planned = [{**given, "spending_controls": some_controls(rng)} for given in stage.given]
    planned[2] = stage.given[2]  # a card that is not declared
    again = Again(planned, some_controls(rng), {0, 1})

    again.repeat(stage.log)
    found = backtest(read_past(stage.there), plan_of(stage, again))

    expected = Counter[tuple]()
    for card, was, amount in again.changed:
        expected[again.places[card], was] += amount
    rows = {row.address: row for row in found.by_card}
    told = Counter[tuple]()
    for address, row in rows.items():
        place = 2 if address.startswith("ic_") else int(address.removeprefix("cards.c"))
        told[place, True] += row.amount
        told[place, False] += row.amount_approved
    event(f"changed: {min(len(again.changed), 3)}")
    assert found.newly_declined.count == sum(was for _, was, _ in again.changed)
    assert found.newly_approved.count == sum(not was for _, was, _ in again.changed)
    assert +told == +expected


def plan_of(stage, again) -> Planned:
    """The declared cards and the cardholder with the controls of the second sandbox."""
    cards = {
        identity: PlannedControls(f"cards.c{place}", again.controls[again.begun[place]])
        for identity, place in stage.places.items()
        if place in again.declared
    }
    held_controls = PlannedControls("cardholders.acme", again.controls[again.holder])
    return Planned(cards, {stage.holder: held_controls})


@settings(max_examples=10)
@given(seed=seeds)
def test_limits_in_another_currency_are_converted_at_the_rate_that_purchases_tell(seed):
    rng = seeded(seed)
    euros = {**some_controls(rng), "spending_limits_currency": "eur"}
    stage = Stage([{"spending_controls": some_controls(rng)} for _ in range(CARDS)], euros)
    told = {"authorization_method": "online", "merchant_amount": 900_000, "merchant_currency": "eur"}
    with contextlib.suppress(ApiError):
        stage.purchase(0, {**told, "merchant_data": {"category": CATEGORIES[0], "country": "US"}})
    stage.play(some_steps(rng, 40))

    found = backtest(read_past(stage.there), Planned())

    assert found.disagreements == ()
    assert found.agreement.agreed == found.agreement.compared == found.purchases


@settings(max_examples=10)
@given(seed=seeds)
def test_limits_as_low_as_the_headroom_allows_decline_nothing(seed):
    rng = seeded(seed)
    stage = some_stage(rng)
    first = read_past(stage.there).controls
    stage.play(some_steps(rng, 40, changes=False))
    past = read_past(stage.there)
    names = {identity: f"cards.c{place}" for identity, place in stage.places.items()}
    begun = [first[identity] for identity in stage.begun]
    cards = {each: PlannedControls(name, begun[stage.places[each]]) for each, name in names.items()}
    planned = Planned(cards, {stage.holder: PlannedControls("cardholders.acme", first[stage.holder])})

    used = backtest(past, planned, headroom=True)
    rows = {(row.address, row.interval, row.categories): row.most_used for row in used.headroom.limits}
    tight = Planned(
        *[
            {identity: tightened(plan, rows) for identity, plan in side.items()}
            for side in (planned.cards, planned.holders)
        ]
    )
    found = backtest(past, tight)

    assert (used.newly_declined.count, used.newly_approved.count) == (0, 0)
    assert found.newly_declined.count == 0


def tightened(plan, rows):
    """The plan with each limit as low as what was used of it."""
    [version] = plan.timeline
    controls = version.fields["spending_controls"]
    limits = [
        {**row, "amount": rows[plan.address, row["interval"], tuple(sorted(row.get("categories", ())))]}
        for row in controls["spending_limits"]
    ]
    fields = {**version.fields, "spending_controls": {**controls, "spending_limits": limits}}
    return PlannedControls(plan.address, [replace(version, fields=fields)])
