"""
Formats values for every view: money with its currency and interval, and text without control
characters.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.core.model.json_document import TraceDocument
from provisioner.core.model.money import PER, show_money

CHANGED = {  # the words of an apply's report for each action that a plan's summary counts
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "retire": "retired",
    "adopt": "imported",
}
RECORDED = {"rename": "renamed", "mark": "ownership metadata updated"}  # reported only if there are any


def show_value(value: Any, currency: str) -> str:
    """Return a value as a string. With a `currency`, whole numbers are amounts in its minor units."""
    if isinstance(value, str):
        return inert(value)
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
    """
    Return the interval and categories of a limit: ` per day on advertising_services`; empty for other
    rows.
    """
    return _which(row) if row.get("interval") else ""


def _which(limit: Mapping[str, Any]) -> str:
    categories = limit.get("categories") or ()
    per = PER.get(str(limit["interval"]), inert(str(limit["interval"])))
    on = f" on {listed([inert(str(name)) for name in categories])}" if categories else ""
    return f" {per}{on}"


def show_amount(amount: int, currency: str) -> str:
    """Return an amount with its currency and in minor units: `$2,000.00 (200000)`."""
    return f"{show_money(amount, currency)} ({amount})"


def show_trace(trace: TraceDocument) -> str:
    """Return when and by whom a value was changed: `at 2026-11-23 09:30:00 UTC by request req_1 (evt_1)`."""
    at = inert(trace.at.replace("T", " ").replace("+00:00", " UTC"))
    by = f"by request {inert(trace.request)}" if trace.request else "by Stripe or in the Dashboard"
    return f"at {at} {by} ({inert(trace.event)})"


def listed(texts: Sequence[str]) -> str:
    """Return strings as a list in a sentence: `A`, `A and B`, `A, B and C`."""
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def inert(text: str) -> str:
    """Return a string with control characters escaped, so that it cannot move the cursor or change colors."""
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    )


def show_place(project: str, environment: str | None, mode: str, account: str) -> str:
    """
    Return `Project acme, environment dev, test mode, account acct_1`; the environment is omitted if
    None.
    """
    env = f", environment {inert(environment)}" if environment else ""
    return f"Project {inert(project)}{env}, {inert(mode)} mode, account {inert(account) or 'unknown'}"
