"""Values of a plan as people read them: both sides of an edit, and what cards may spend."""

from provisioner.core.model.money import show_money
from provisioner.core.plan.document import EditDocument, Power
from provisioner.views.values import count, inert, show_value


def show_sides(edit: EditDocument) -> tuple[str, str]:
    """Write what was before an edit and what is after it, each in its own currency."""
    before = show_value(edit.before, edit.shown_currency_before)
    return before, show_value(edit.after, edit.currency)


def show_power(power: Power, currency: str) -> str:
    """What cards may spend in a month: `$500.00`, `$500.00 and 2 cards without limit`, `nothing`."""
    endless = f"{count(power.unlimited, 'card')} without limit" if power.unlimited else ""
    bounded = inert(show_money(power.amount, currency)) if power.amount else ""
    return " and ".join(part for part in (bounded, endless) if part) or "nothing"
