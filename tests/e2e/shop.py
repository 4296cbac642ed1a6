"""A card that has been applied with one limit, and purchases with it."""

import datetime as dt
import json
from typing import Any

import requests

from e2e.conftest import COMPANY, Desk

DAY = 86_400
LIMITED = """
cards:
  ads:
    cardholder: acme
    type: virtual
    currency: usd
    status: active
    metadata: {team: growth}
    spending_controls: {spending_limits: [{amount: "%s USD", interval: monthly}]}
"""


class Shop:
    """A card that has been applied, and purchases with it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.card = desk.live()["cards.ads"]["id"]
        self.helpers = desk.sdk.v1.test_helpers.issuing

    def buy(self, amount: int, name: str = "Canary Books", **more: Any) -> str:
        data = {"category": "book_stores", "name": name}
        asked = {"card": self.card, "amount": amount, "merchant_data": data, **more}
        return str(self.helpers.authorizations.create(asked)["id"])

    def wait(self, days: float) -> None:
        self.desk.control("clock", json.dumps({"advance": int(days * DAY)}).encode())

    def wait_for_the_middle_of_a_month(self) -> None:
        """So that no limit begins again between two purchases."""
        clock = requests.post(f"{self.desk.base}/_sandbox/clock", data=b"{}", timeout=9).json()["now"]
        now = dt.datetime.fromtimestamp(int(clock), dt.UTC)
        then = now.replace(day=10, hour=12)
        while then <= now + dt.timedelta(hours=1):
            then = (then + dt.timedelta(days=31)).replace(day=10)
        self.wait((then - now).total_seconds() / DAY)

    def backtest(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.desk.run("backtest", "--format", "json", *words).stdout)
        return found


def open_shop(desk: Desk) -> Shop:
    """Apply the card with a limit of $2,000.00 a month, and pay money in for its purchases."""
    desk.write(COMPANY + LIMITED % "2,000.00")
    desk.run("apply", "--auto-approve")
    top_up = {"amount": 900_000, "currency": "usd", "destination_balance": "issuing"}
    desk.sdk.v1.topups.create(top_up)  # type: ignore[arg-type] - the SDK does not know the destination
    shop = Shop(desk)
    shop.wait_for_the_middle_of_a_month()
    return shop
