"""Values as people read them: money with its sign and interval, and nothing that could act on a screen."""

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.core.model.money import PER, show_money

Document = Mapping[str, Any]


def show_value(value: Any, edit: Document) -> str:
    """Write a value of an edit; whole numbers are amounts where the edit has a `currency`."""
    currency = edit.get("currency", "")
    if isinstance(value, Mapping):
        return _limit(value, currency) if {"amount", "interval"} <= value.keys() else _hash(value, currency)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(show_value(item, edit) for item in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool) and currency:
        return inert(show_amount(value, currency))
    if isinstance(value, bool):
        return str(value).lower()
    return inert(str(value))


def show_side(edit: Document, side: str) -> str:
    """Write `before` or `after` of an edit, each in its own currency."""
    currency = (
        edit.get("currency_before", edit.get("currency", ""))
        if side == "before"
        else edit.get("currency", "")
    )
    return show_value(edit[side], {"currency": currency})


def show_row(edit: Document) -> str:
    """Which row of a table an edit is about: ` a day on advertising_services`; empty for anything else."""
    row = edit.get("row") or {}
    return _which(row) if row.get("interval") else ""


def _limit(limit: Document, currency: str) -> str:
    return show_value(limit["amount"], {"currency": currency}) + _which(limit)


def _which(limit: Document) -> str:
    categories = limit.get("categories") or ()
    per = PER.get(str(limit["interval"]), inert(str(limit["interval"])))
    on = f" on {listed([inert(str(name)) for name in categories])}" if categories else ""
    return f" {per}{on}"


def _hash(value: Document, currency: str) -> str:
    parts = (
        f"{inert(str(name))}: {show_value(item, {'currency': currency if name == 'amount' else ''})}"
        for name, item in value.items()
    )
    return "{" + ", ".join(parts) + "}"


def show_amount(amount: int, currency: str) -> str:
    """An amount as people read it, and in minor units: `$2,000.00 (200000)`."""
    return f"{show_money(amount, currency)} ({amount})"


def show_power(power: Document, currency: str) -> str:
    """What cards may spend in a month: `$500.00`, `$500.00 and 2 cards without limit`, `nothing`."""
    unlimited = power["unlimited"]
    endless = f"{count(unlimited, 'card')} without limit" if unlimited else ""
    bounded = inert(show_money(power["amount"], currency)) if power["amount"] else ""
    return " and ".join(part for part in (bounded, endless) if part) or "nothing"


def gives_power(change: Document) -> bool:
    """Whether a change lets cards spend more: by one of its edits, or as money that they may spend."""
    return change["action"] == "top_up" or any(e["direction"] == "broadening" for e in change["edits"])


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
