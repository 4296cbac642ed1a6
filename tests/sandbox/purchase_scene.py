"""A holder, a card and money, and the steps that lead up to a purchase."""

import datetime as dt
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Step = Callable[["Scene"], None]

OK = "card_active"
BIG = {"amount": 99_000_000, "interval": "all_time"}


class Scene:
    """One holder with one card and 200,000 cents, at noon of some Wednesday in mid-month."""

    def __init__(self, api, holder: Json, card: Json, funds: int) -> None:
        self.api = api
        self._to_noon()
        if funds:
            api.fund(funds)
        self.holder = api.cardholder(**holder)
        self.card = api.card(cardholder=self.holder["id"], **card)
        self.last: Json = {}

    def now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.api.control("clock")["now"], dt.UTC)

    def advance_to(self, moment: dt.datetime) -> None:
        self.api.advance((moment - self.now()).total_seconds())

    def buy(self, amount: int, **over: Any) -> str:
        """Ask, and the reason of the answer; `over` may be plain: category, country, method."""
        merchant = {name: over.pop(name) for name in ("category", "country") if name in over}
        if merchant:
            over["merchant_data"] = merchant
        if "method" in over:
            over["authorization_method"] = over.pop("method")
        self.last = self.api.purchase(self.card, amount, **over)
        [request] = self.last["request_history"]
        assert request["approved"] == self.last["approved"] == (request["reason"] == OK)
        assert self.last["status"] == ("pending" if self.last["approved"] else "closed")
        return request["reason"]

    def help(self, step: str, **params: Any) -> None:
        self.last = self.api.ok(f"/v1/test_helpers/issuing/authorizations/{self.last['id']}/{step}", params)

    def _to_noon(self) -> None:
        noon = self.now().replace(hour=12, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
        while not (noon.weekday() == 2 and 10 <= noon.day <= 20 and 3 <= noon.month <= 10):
            noon += dt.timedelta(days=1)
        self.advance_to(noon)


def bought(amount: int, **over: Any) -> Step:
    def step(scene: Scene) -> None:
        assert scene.buy(amount, **over) == OK

    return step


def taken(amount: int, **over: Any) -> Step:
    """Bought and captured, so that it never expires."""

    def step(scene: Scene) -> None:
        bought(amount, **over)(scene)
        scene.help("capture")

    return step


def helped(step: str, **params: Any) -> Step:
    return lambda scene: scene.help(step, **params)


def card_is(**params: Any) -> Step:
    return lambda scene: scene.api.ok(f"/v1/issuing/cards/{scene.card['id']}", params)


def holder_is(**params: Any) -> Step:
    return lambda scene: scene.api.ok(f"/v1/issuing/cardholders/{scene.holder['id']}", params)


def stripe_does(act: str, value: Any = None) -> Step:
    return lambda scene: scene.api.control("act", {"act": act, "id": scene.holder["id"], "value": value})


def card_act(act: str, value: Any = None) -> Step:
    return lambda scene: scene.api.control("act", {"act": act, "id": scene.card["id"], "value": value})


def account_act(act: str, value: Any = None) -> Step:
    def step(scene: Scene) -> None:
        own = scene.api.read("/v1/account")["id"]
        scene.api.control("act", {"act": act, "id": own, "value": value})

    return step


def switched(**switches: bool) -> Step:
    return lambda scene: scene.api.control("switches", switches)


def forced(amount: int) -> Step:
    def step(scene: Scene) -> None:
        path = "/v1/test_helpers/issuing/transactions/create_force_capture"
        scene.api.ok(path, {"card": scene.card["id"], "amount": amount})

    return step


def refunded(scene: Scene) -> None:
    [transaction] = scene.last["transactions"]
    scene.api.ok(f"/v1/test_helpers/issuing/transactions/{transaction['id']}/refund")


def other_card(scene: Scene) -> None:
    scene.card = scene.api.card(cardholder=scene.holder["id"])


def replaced(scene: Scene) -> None:
    limits = scene.card["spending_controls"]["spending_limits"]
    scene.card = scene.api.card(
        cardholder=scene.holder["id"],
        replacement_for=scene.card["id"],
        replacement_reason="expired",
        spending_controls={"spending_limits": limits},
    )


def lost(scene: Scene) -> None:
    card_is(status="canceled", cancellation_reason="lost")(scene)
    limits = scene.card["spending_controls"]["spending_limits"]
    scene.card = scene.api.card(
        cardholder=scene.holder["id"],
        replacement_for=scene.card["id"],
        replacement_reason="lost",
        spending_controls={"spending_limits": limits},
    )


def until(interval: str, short_by: int = 0) -> Step:
    """Go to where the next day, week (Sunday), month or year begins, or some seconds before."""

    def step(scene: Scene) -> None:
        midnight = scene.now().replace(hour=0, minute=0, second=0, microsecond=0)
        at = midnight + dt.timedelta(days=1)
        if interval == "weekly":
            while at.weekday() != 6:
                at += dt.timedelta(days=1)
        elif interval == "monthly":
            at = (midnight.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        elif interval == "yearly":
            at = midnight.replace(year=midnight.year + 1, month=1, day=1)
        scene.advance_to(at - dt.timedelta(seconds=short_by))

    return step


def expired(scene: Scene) -> None:
    midnight = scene.now().replace(hour=0, minute=0, second=0, microsecond=0)
    month = (midnight.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    after = (month + dt.timedelta(days=32)).replace(day=1)
    scene.card = scene.api.card(cardholder=scene.holder["id"], exp_month=month.month, exp_year=month.year)
    scene.advance_to(after - dt.timedelta(seconds=60))
    bought(1)(scene)
    scene.advance_to(after)


def controls(**given: Any) -> Json:
    return {"spending_controls": {"spending_limits": [BIG], **given}}


def limit(amount: int, interval: str = "daily", *categories: str) -> Json:
    one = {"amount": amount, "interval": interval, **({"categories": categories} if categories else {})}
    return {"spending_controls": {"spending_limits": [one]}}


def on(level: str, settings: Json) -> Json:
    """The settings on that level; a card beside has no limit that matters."""
    return {"card": settings} if level == "card" else {"holder": settings, "card": controls()}
