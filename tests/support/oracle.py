"""
An oracle for backtests: a past made by a script over HTTP, and the same purchases again under other controls.

A script is made from a seed. It is played on a sandbox whose clock is moved, and every decision is noted.
Played again on a fresh sandbox, with a note of the first time, each purchase is made at the same time and for
the same amount, and what happened to it then happens again: the decisions that differ are those that a
backtest must name. What was declined then and is approved now counts in full from then on: it is captured at
once. An increment is a part of its authorization, and ends with it.
"""

import http.client
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from provisioner.app.seed import renewed

Json = dict[str, Any]
DAY, HOUR = 86_400, 3_600
OK = 200
# kept as they were: no control explains them
UNEXPLAINED = frozenset(
    {"insufficient_funds", "suspected_fraud", "verification_failed", "not_allowed", "pin_blocked"}
)
GONE = "gone"  # an increment of a purchase that is declined now: nobody asks for it any more
CATEGORIES = (
    "advertising_services",
    "eating_places_restaurants",
    "hotels_motels_and_resorts",
    "computer_software_stores",
    "taxicabs_limousines",
)
COUNTRIES = {"US": "usd", "GB": "gbp", "DE": "eur", "JP": "jpy"}


def beginning() -> int:
    """The 20th of January of next year: a month ends within four weeks, and no clock has to go back."""
    year = time.gmtime().tm_year + 1
    return int(time.mktime((year, 1, 20, 0, 0, 0, 0, 0, 0)) - time.timezone) // DAY * DAY


@dataclass(frozen=True)
class Deed:
    """One thing that the script does; `key` is the number of the purchase that it is about."""

    at: int
    what: str
    key: int = -1
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """What the sandbox has decided about a purchase (`step` 0) or an increment of it."""

    at: int
    card: str
    """The address of a card, or the id of one that is not declared."""
    approved: bool
    reason: str
    amount: int


@dataclass
class Note:
    """What came of a script: decisions by purchase and step, and the amount of each later deed."""

    decisions: dict[tuple[int, int], Decision] = field(default_factory=dict)
    amounts: dict[int, int] = field(default_factory=dict)
    wholes: set[int] = field(default_factory=set)
    """The captures of exactly what was held: they take what is held the next time, too."""


def limits_of(rng: random.Random, scale: float) -> Json:
    """Spending controls that decline some of what the script buys, and let most of it pass."""

    def usd(amount: float) -> int:
        return int(amount * scale) * 100

    limits: list[Json] = []
    kinds = rng.sample(
        ("daily", "weekly", "monthly", "per_authorization", "yearly", "all_time"), k=rng.choice((1, 1, 2))
    )
    most = {
        "daily": 260,
        "weekly": 700,
        "monthly": 1_600,
        "per_authorization": 220,
        "yearly": 2_600,
        "all_time": 3_000,
    }
    limits += [{"amount": usd(most[kind] * rng.uniform(0.5, 1.3)), "interval": kind} for kind in kinds]
    if rng.random() < 0.3:
        some = sorted(rng.sample(CATEGORIES, k=2))
        limits.append({"amount": usd(rng.uniform(150, 500)), "interval": "weekly", "categories": some})
    controls: Json = {"spending_limits": limits}
    if rng.random() < 0.25:
        controls["blocked_categories"] = [rng.choice(CATEGORIES)]
    elif rng.random() < 0.25:
        controls["allowed_categories"] = sorted(rng.sample(CATEGORIES, k=4))
    if rng.random() < 0.2:
        controls["blocked_merchant_countries"] = [rng.choice(("GB", "DE", "JP"))]
    if rng.random() < 0.15:
        controls["allowed_card_presences"] = ["not_present"]
    return controls


def estates(rng: random.Random, cards: int) -> tuple[Json, Json]:
    """The configuration before and the one that is planned, as YAML values (which JSON is, too)."""
    holders = {f"holder-{number:03}": _holder(rng, number) for number in range(max(2, cards // 5))}
    names = sorted(holders)
    before: Json = {
        "cardholders": holders,
        "cards": {f"card-{n:03}": _card(rng, n, names[n % len(names)]) for n in range(cards)},
    }
    after: Json = {
        section: {name: {**fields} for name, fields in rows.items()} for section, rows in before.items()
    }
    for number, card in enumerate(after["cards"].values()):
        if number % 2 == 0:
            card["spending_controls"] = limits_of(rng, rng.choice((0.5, 0.8, 1.6)))
        elif number % 7 == 3:
            card["status"] = "inactive"
    for number, holder in enumerate(after["cardholders"].values()):
        if number % 3 == 1:
            most = int(rng.uniform(1_500, 5_000)) * 100
            holder["spending_controls"] = _monthly(most, "eur" if number % 2 else "usd")
    return before, after


def _holder(rng: random.Random, number: int) -> Json:
    """A company; every other one has a limit, some in another currency than its cards."""
    address = {"line1": "1 Main", "city": "Springfield", "postal_code": "94111", "country": "US"}
    holder: Json = {
        "type": "company",
        "name": "Acme Inc",
        "email": "acme@example.com",
        "billing": {"address": address},
    }
    if number % 2:
        most = int(rng.uniform(4_000, 9_000)) * 100
        holder["spending_controls"] = _monthly(most, "eur" if number % 4 == 3 else "usd")
    return holder


def _monthly(amount: int, currency: str) -> Json:
    limits = [{"amount": amount, "interval": "monthly"}]
    return {"spending_limits": limits, "spending_limits_currency": currency}


def _card(rng: random.Random, number: int, holder: str) -> Json:
    """A card; one of ten has Stripe's default limit, one of twelve ends after some payments."""
    card: Json = {"cardholder": holder, "type": "virtual", "currency": "usd", "status": "active"}
    if number % 10 != 9:
        card["spending_controls"] = limits_of(rng, 1.0)
    if number % 12 == 11:
        card["lifecycle_controls"] = {"cancel_after": {"payment_count": 12}}
    return card


def as_yaml(estate: Json, project: str = "desk") -> Json:
    """The document of a configuration, with amounts as plain minor units."""
    return {"version": 1, "project": project, **estate}


def script(
    rng: random.Random, estate: Json, strangers: Sequence[str], count: int, span: tuple[int, int]
) -> list[Deed]:
    """Deeds in order of time: purchases and what follows, changes of controls, and replacements."""
    begin, end = span
    names = [*estate["cards"], *strangers]
    deeds: list[Deed] = []
    for key in range(count):
        at = int(rng.uniform(begin + HOUR, end))
        name = rng.choice(names)
        deeds += _purchase(rng, key, at, name, end)
    deeds += _changes(rng, estate, strangers, span)
    return sorted(deeds, key=lambda deed: deed.at)


def _purchase(rng: random.Random, key: int, at: int, card: str, end: int) -> Iterator[Deed]:
    country = rng.choice(("US", "US", "US", "US", *COUNTRIES))
    amount = max(1, round(rng.lognormvariate(8.3, 0.9)))
    if rng.random() < 0.01:
        amount = rng.choice((0, 1_000_000, 1_000_001))
    method = rng.choice(("online", "online", "chip", "contactless", "keyed_in"))
    params: Json = {
        "authorization_method": method,
        "merchant_data": {"category": rng.choice(CATEGORIES), "country": country, "name": "Some Shop"},
    }
    if country == "US" or rng.random() < 0.2:
        params["amount"] = amount
    else:
        rate = {"GB": 0.77, "DE": 0.9, "JP": 1.5}[country]
        params |= {"merchant_amount": round(amount * rate), "merchant_currency": COUNTRIES[country]}
    if method == "online" and rng.random() < 0.02:
        params["verification_data"] = {"cvc_check": "mismatch"}
    yield Deed(at, "buy", key, {"card": card, "params": params, "lost": rng.random() < 0.1})
    moment = float(at)
    for what, hours, more in _course(rng, amount):
        moment += rng.uniform(*hours) * HOUR
        if moment >= end:
            return
        yield Deed(int(moment), what, key, more)


def _course(rng: random.Random, amount: int) -> list[tuple[str, tuple[float, float], Json]]:
    part = max(1, round(amount * rng.uniform(0.1, 0.4)))
    raised = max(1, round(amount * rng.uniform(0.05, 0.8)))
    capture: tuple[str, tuple[float, float], Json] = ("capture", (1, 90), {})
    refund: tuple[str, tuple[float, float], Json] = ("refund", (2, 200), {"share": rng.uniform(0.2, 1)})
    return rng.choices(
        (
            [capture],
            [capture, refund],
            [("capture", (1, 60), {"amount": round(amount * 1.2) + 1})],
            [("capture", (1, 60), {"amount": part})],
            [("capture", (1, 40), {"amount": part, "open": True}), capture],
            [
                ("capture", (1, 40), {"amount": part, "open": True}),
                ("capture", (1, 40), {"amount": part, "open": True}),
            ],
            [("reverse", (0.01, 60), {})],
            [("reverse", (0.01, 60), {"amount": part}), capture],
            [("increment", (0.1, 30), {"amount": raised}), capture],
            [
                ("increment", (0.1, 30), {"amount": raised}),
                ("increment", (0.1, 20), {"amount": part}),
                capture,
            ],
            [("increment", (0.1, 30), {"amount": raised})],
            [("finalize", (0.05, 20), {"amount": part + 1}), capture],
            [("finalize", (0.05, 20), {"amount": amount + part})],
            [],
        ),
        (30, 6, 5, 5, 6, 3, 6, 4, 5, 3, 3, 3, 2, 14),
    )[0]


def _changes(
    rng: random.Random, estate: Json, strangers: Sequence[str], span: tuple[int, int]
) -> Iterator[Deed]:
    """Controls that change in the middle, cards that rest for a while, and cards that are replaced."""
    begin, end = span
    cards, holders = [*estate["cards"]], [*estate["cardholders"]]
    lasting = [name for name, card in estate["cards"].items() if "lifecycle_controls" not in card]

    def when() -> int:
        return int(rng.uniform(begin + DAY, end - DAY))

    # what is not declared is left as it is, and so must not change
    owned = [name for name, card in estate["cards"].items() if "spending_controls" in card]
    for name in rng.sample([*owned, *strangers], k=len(cards) // 3):
        yield Deed(
            when(), "controls", more={"card": name, "controls": limits_of(rng, rng.choice((0.6, 1.5)))}
        )
    for name in rng.sample(cards, k=max(1, len(cards) // 8)):
        at = when()
        yield Deed(at, "status", more={"card": name, "status": "inactive"})
        yield Deed(min(at + 2 * DAY, end - 1), "status", more={"card": name, "status": "active"})
    for name in rng.sample([*lasting, *strangers], k=max(2, len(cards) // 6)):
        yield Deed(
            when(), "replace", more={"card": name, "reason": rng.choice(("lost", "stolen", "expired"))}
        )
    for name in rng.sample(holders, k=max(1, len(holders) // 4)):
        at = when()
        yield Deed(at, "holder", more={"holder": name, "params": {"status": "inactive"}})
        yield Deed(min(at + DAY, end - 1), "holder", more={"holder": name, "params": {"status": "active"}})


class Player:
    """
    Plays a script on one sandbox.

    `before` is the note of the first time, if this is the second: then, controls and statuses of the cards in
    `declared` stay as they are.
    """

    def __init__(self, base: str, declared: Sequence[str], before: Note | None = None) -> None:
        self.declared, self.before = {*declared}, before
        self._wire = http.client.HTTPConnection(base.removeprefix("http://"), timeout=60)
        self._wire.connect()
        self.cards: dict[str, Json] = {}
        self.old: dict[str, str] = {}
        self.holders: dict[str, str] = {}
        self.made: dict[int, Json] = {}
        self.steps: dict[int, int] = {}
        self.note = Note()

    def close(self) -> None:
        self._wire.close()

    def call(self, path: str, params: Mapping[str, Any], *, refusal: bool = False) -> Json | None:
        """POST; a refusal is None where it is expected, and else an error."""
        status, said = self._send("POST", f"/v1/{path}", urlencode([*flat(params)]))
        assert status == OK or refusal, f"{path}: {said}"
        return said if status == OK else None

    def read(self, path: str) -> Json:
        return self._send("GET", f"/v1/{path}")[1]

    def control(self, what: str, asked: Mapping[str, Any]) -> Json:
        return self._send("POST", f"/_sandbox/{what}", json.dumps(asked))[1]

    def _send(self, method: str, path: str, body: str = "") -> tuple[int, Json]:
        headers = {"Authorization": "Bearer sk_test_oracle"}
        if body and not path.startswith("/_sandbox"):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._wire.request(method, path, body, headers)
        answer = self._wire.getresponse()
        return answer.status, json.loads(answer.read())

    def begin(self, at: int) -> None:
        """Stop the clock; an apply comes next, which may take longer than a connection may be idle."""
        self.control("clock", {"stop": at})
        self._wire.close()

    def meet(self, strangers: Sequence[str], rng: random.Random) -> None:
        """Learn the ids of what was applied, fund the balance, and issue cards that nobody has declared."""
        for resource, into in (("cards", "cards"), ("cardholders", "holders")):
            for found in self._list(f"issuing/{resource}"):
                name = found["metadata"].get("provisioner_address", "").partition(".")[2]
                if into == "cards":
                    self.cards[name] = found
                else:
                    self.holders[name] = found["id"]
        for _ in range(20):
            self.call("topups", {"amount": 90_000_000, "currency": "usd", "destination_balance": "issuing"})
        self.control("clock", {"advance": 10})
        for number, name in enumerate(strangers):
            chosen = self.holders[sorted(self.holders)[number % len(self.holders)]]
            asked = {"cardholder": chosen, "type": "virtual", "currency": "usd", "status": "active"}
            controls = {"spending_controls": limits_of(rng, 1.0)}
            self.cards[name] = self.call("issuing/cards", {**asked, **controls}) or {}

    def play(self, deeds: Sequence[Deed]) -> Note:
        """Do everything, each deed at its time."""
        now = self.control("clock", {})["now"]
        for number, deed in enumerate(deeds):
            if deed.at > now:
                now = self.control("clock", {"advance": deed.at - now})["now"]
            getattr(self, f"_{deed.what}")(number, deed)
        return self.note

    # purchases and what follows

    def _buy(self, _number: int, deed: Deed) -> None:
        name = deed.more["card"]
        was = self.before.decisions[deed.key, 0] if self.before else None
        card = self.old[name] if deed.more["lost"] and name in self.old else self.cards[name]["id"]
        if was and was.reason in UNEXPLAINED:
            self.note.decisions[deed.key, 0] = was
            return
        params = {"card": card, **deed.more["params"]}
        if was:  # controls came first, and hid that the CVC was wrong: nobody can tell from the past
            params.pop("verification_data", None)
        made = self.call("test_helpers/issuing/authorizations", params)
        assert made is not None
        self.made[deed.key] = made
        told = made["request_history"][-1]
        whose = f"cards.{name}" if name in self.declared else card
        self.note.decisions[deed.key, 0] = Decision(
            deed.at, whose, told["approved"], told["reason"], told["amount"]
        )
        if was and made["approved"] and not was.approved and made["amount"]:
            # it counts for ever, as nobody knows what would have become of it
            self._help(deed.key, "capture", {"capture_amount": made["amount"]})

    def _help(self, key: int, step: str, params: Json) -> bool:
        """Call a test helper; False if it is refused, as the authorization has expired or is closed."""
        path = f"test_helpers/issuing/authorizations/{self.made[key]['id']}/{step}"
        made = self.call(path, params, refusal=True)
        self.made[key] = made or self.made[key]
        return made is not None

    def _goes_on(self, deed: Deed) -> bool:
        """Whether the purchase was approved now, and was approved then as well."""
        was = self.before.decisions.get((deed.key, 0)) if self.before else None
        now = self.note.decisions[deed.key, 0]
        return now.approved and (was is None or was.approved)

    def _held(self, key: int) -> int:
        """What it held when it was last heard of: a merchant does not know that it has expired meanwhile."""
        return -sum(each["amount"] for each in self.made[key]["balance_transactions"])

    def _increment(self, _number: int, deed: Deed) -> None:
        step = self.steps[deed.key] = self.steps.get(deed.key, 0) + 1
        was = self.before.decisions.get((deed.key, step)) if self.before else None
        if not self._goes_on(deed) or (self.before and was is None):
            if was is not None:
                self.note.decisions[deed.key, step] = Decision(deed.at, was.card, False, GONE, was.amount)
            return
        if not self._help(deed.key, "increment", {"increment_amount": deed.more["amount"]}):
            assert self.before is None
            return
        told = self.made[deed.key]["request_history"][-1]
        card = self.note.decisions[deed.key, 0].card
        self.note.decisions[deed.key, step] = Decision(
            deed.at, card, told["approved"], told["reason"], told["amount"]
        )

    def _capture(self, number: int, deed: Deed) -> None:
        self._moved(
            number, deed, "capture", "capture_amount", {"close_authorization": not deed.more.get("open")}
        )

    def _reverse(self, number: int, deed: Deed) -> None:
        self._moved(number, deed, "reverse", "reverse_amount", {})

    def _finalize(self, number: int, deed: Deed) -> None:
        self._moved(number, deed, "finalize_amount", "final_amount", {})

    def _moved(self, number: int, deed: Deed, step: str, param: str, more: Json) -> None:
        """Capture, reverse or finalize: the second time for the same amount as the first time."""
        if not self._goes_on(deed) or (self.before and number not in self.before.amounts):
            return
        held = self._held(deed.key)
        amount = self.before.amounts[number] if self.before else deed.more.get("amount", held)
        if self.before and number in self.before.wholes:
            amount = held
        elif step == "reverse":
            amount = min(amount, held)
        if amount and (held or self.before) and self._help(deed.key, step, {param: amount, **more}):
            self.note.amounts[number] = amount
            if step == "capture" and self._held(deed.key) == held - amount == 0:
                self.note.wholes.add(number)

    def _refund(self, _number: int, deed: Deed) -> None:
        captured = next(iter(self.made.get(deed.key, {}).get("transactions", ())), None)
        if captured and self._goes_on(deed):
            amount = max(1, round(-captured["amount"] * deed.more["share"]))
            path = f"test_helpers/issuing/transactions/{captured['id']}/refund"
            self.call(path, {"refund_amount": amount}, refusal=True)

    # controls

    def _controls(self, _number: int, deed: Deed) -> None:
        name = deed.more["card"]
        if self.before is None or name not in self.declared:
            empty = {
                "allowed_categories": "",
                "blocked_categories": "",
                "blocked_merchant_countries": "",
                "allowed_card_presences": "",
            }
            controls = {**empty, **deed.more["controls"]}
            self._card(name, {"spending_controls": controls})

    def _status(self, _number: int, deed: Deed) -> None:
        if self.before is None:
            self._card(deed.more["card"], {"status": deed.more["status"]})

    def _card(self, name: str, params: Json) -> None:
        path = f"issuing/cards/{self.cards[name]['id']}"
        self.cards[name] = self.call(path, params, refusal=True) or self.cards[name]

    def _holder(self, _number: int, deed: Deed) -> None:
        if self.before is None:
            self.call(f"issuing/cardholders/{self.holders[deed.more['holder']]}", deed.more["params"])

    def _replace(self, _number: int, deed: Deed) -> None:
        name, reason = deed.more["card"], deed.more["reason"]
        old = self.read(f"issuing/cards/{self.cards[name]['id']}")
        if old["status"] == "canceled":
            return
        if reason != "expired":
            self.call(f"issuing/cards/{old['id']}", {"status": "canceled", "cancellation_reason": reason})
        controls = {key: value for key, value in old["spending_controls"].items() if value}
        controls.pop("spending_limits_currency", None)
        new = self.call(
            "issuing/cards",
            {
                "cardholder": old["cardholder"]["id"],
                "type": "virtual",
                "currency": "usd",
                "status": old["status"],
                "spending_controls": controls,
                "metadata": dict(renewed(old["id"], old["metadata"])),
                "replacement_for": old["id"],
                "replacement_reason": reason,
                **({"lifecycle_controls": old["lifecycle_controls"]} if old["lifecycle_controls"] else {}),
            },
        )
        assert new is not None
        self.old[name], self.cards[name] = old["id"], new

    def _list(self, path: str) -> Iterator[Json]:
        after = ""
        while True:
            page = self.read(f"{path}?limit=100{after}")
            yield from page["data"]
            if not page["has_more"]:
                return
            after = f"&starting_after={page['data'][-1]['id']}"


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The pairs of a form."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from flat(each, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from flat(each, f"{name}[{number}]")
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Expected:
    """The differences between two notes."""

    purchases: int
    unjudged: int
    newly_declined: dict[tuple[int, int], Decision]
    newly_approved: dict[tuple[int, int], Decision]


def expected(first: Note, second: Note) -> Expected:
    """What changes from the first note to the second."""
    assert first.decisions.keys() == second.decisions.keys()
    pairs = {key: (was, second.decisions[key]) for key, was in first.decisions.items()}
    return Expected(
        len(pairs),
        sum(was.reason in UNEXPLAINED for was, _ in pairs.values()),
        {
            key: was
            for key, (was, now) in pairs.items()
            if was.approved and not now.approved and now.reason != GONE
        },
        {key: was for key, (was, now) in pairs.items() if now.approved and not was.approved},
    )
