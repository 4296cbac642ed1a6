"""Formats the totals of past purchases that were written into a sandbox."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from provisioner.core.model.money import show_money
from provisioner.core.model.words import count
from provisioner.views.values import listed

_NOUNS = {
    "capture": "capture",
    "finalize": "final amount",
    "increment": "increment",
    "refund": "refund",
    "replacement": "replaced card",
    "reverse": "reversal",
}


def seed_text(written: Mapping[str, Any]) -> str:
    """Format the totals as text."""
    days = [f"{datetime.fromtimestamp(written[end], UTC):%Y-%m-%d}" for end in ("from", "to")]
    approved, declined = written["approved"], written["declined"]
    money = show_money(approved["amount"], approved["currency"])
    why = listed([f"{number:,} {reason}" for reason, number in declined.items()])
    followed = listed([count(number, _NOUNS[name]) for name, number in written["followed"].items()])
    what = f"{count(written['purchases'], 'purchase')} on {count(written['cards'], 'card')}"
    lines = [
        f"{what}, {days[0]} to {days[1]}:",
        f"  {approved['count']:,} approved ({money})",
        f"  {sum(declined.values()):,} declined" + (f" ({why})" if why else ""),
    ]
    return "\n".join([*lines, *([f"  {followed}"] if followed else [])]) + "\n"
