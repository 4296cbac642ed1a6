"""Formats values in the views of a plan: both sides of an edit, and the monthly exposure of cards."""

from provisioner.core.model.money import show_money
from provisioner.core.model.words import count
from provisioner.core.plan.document import EditDocument
from provisioner.core.plan.outlook_document import Power, TeamExposure
from provisioner.views.values import inert, show_value


def show_sides(edit: EditDocument) -> tuple[str, str]:
    """Return the values before and after an edit, each in its own currency."""
    before = show_value(edit.before, edit.shown_currency_before)
    return before, show_value(edit.after, edit.currency)


def show_power(power: Power, currency: str) -> str:
    """Format the monthly exposure of cards: `$500.00`, `$500.00 and 2 unlimited cards`, `none`."""
    endless = count(power.unlimited, "unlimited card") if power.unlimited else ""
    bounded = inert(show_money(power.amount, currency)) if power.amount else ""
    return " and ".join(part for part in (bounded, endless) if part) or "none"


def team_name(row: TeamExposure) -> str:
    """Return the name of a row's team, or `3 other teams` if the row combines several small ones."""
    return inert(row.team) if row.team else count(row.others, "other team")
