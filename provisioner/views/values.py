"""Values as people read them: money with its sign and interval, and nothing that could act on a screen."""

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.core.model.money import PER, show_money


def show_value(value: Any, currency: str) -> str:
    """Write a value; whole numbers are amounts where there is a `currency`."""
    if isinstance(value, Mapping):
        if {"amount", "interval"} <= value.keys():
            return show_value(value["amount"], currency) + _which(value)
        parts = (
            f"{inert(str(name))}: {show_value(item, currency if name == 'amount' else '')}"
            for name, item in value.items()
        )
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(show_value(item, currency) for item in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool) and currency:
        return inert(show_amount(value, currency))
    if isinstance(value, bool):
        return str(value).lower()
    return inert(str(value))


def show_row(row: Mapping[str, Any]) -> str:
    """Which row of a table a value is in: ` a day on advertising_services`; empty for anything else."""
    return _which(row) if row.get("interval") else ""


def _which(limit: Mapping[str, Any]) -> str:
    categories = limit.get("categories") or ()
    per = PER.get(str(limit["interval"]), inert(str(limit["interval"])))
    on = f" on {listed([inert(str(name)) for name in categories])}" if categories else ""
    return f" {per}{on}"


def show_amount(amount: int, currency: str) -> str:
    """An amount as people read it, and in minor units: `$2,000.00 (200000)`."""
    return f"{show_money(amount, currency)} ({amount})"


def count(number: int, noun: str) -> str:
    """`1 card`, `1,200 cards`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(texts: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def inert(text: str) -> str:
    """Show control characters as what they are, so that no value can move the cursor or colour a screen."""
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    )
