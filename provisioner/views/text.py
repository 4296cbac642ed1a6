"""The plan as people read it in a terminal, in Terraform's look; plain text, colour is the terminal's."""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.money import show_money

NO_CHANGES = "No changes. Stripe matches the configuration."
SYMBOLS = {"create": "+", "update": "~", "replace": "-/+", "retire": "-", "adopt": "=", "top_up": "$"}
HEADLINES = {
    "create": "will be created",
    "update": "will be updated in place",
    "replace": "must be replaced",
    "adopt": "will be adopted",
    "top_up": "will be topped up",
}
COUNTED = ("create", "update", "replace", "retire", "adopt")

Document = Mapping[str, Any]


def plan_text(document: Document) -> str:
    """Write a plan's document as text, ending in the line that counts."""
    lines = [*_blast_radius(document)] if document["changes"] else []
    for change in document["changes"]:
        lines += ["", *_change(change)]
    for note in document["notes"]:
        about = f"{inert(note['address'])}: " if note["address"] else ""
        lines += ["", f"Note: {about}{inert(note['text'])}"]
    return "\n".join([*lines, "", summary_line(document)]).lstrip("\n") + "\n"


def summary_line(document: Document) -> str:
    """`Plan: 2 to create, ...; top up $300.00.`, or the sentence that says there is nothing to do."""
    if not document["changes"]:
        return NO_CHANGES
    counts = ", ".join(f"{document['summary'][action]} to {action}" for action in COUNTED)
    money = " and ".join(show_money(m["amount"], m["currency"]) for m in document["blast_radius"]["money"])
    return f"Plan: {counts}; top up {money}." if money else f"Plan: {counts}."


def _blast_radius(document: Document) -> Iterator[str]:
    blast = document["blast_radius"]
    money = [show_money(m["amount"], m["currency"]) for m in blast["money"]]
    exposure = [
        f"{'unlimited' if e['amount'] is None else show_money(e['amount'], e['currency'])} ({e['currency']})"
        for e in blast["exposure_added"]
    ]
    yield "Blast radius"
    yield f"  money that moves:        {', '.join(money) or 'none'}"
    yield f"  exposure added a month:  {', '.join(exposure) or 'none'}"
    yield f"  cards that newly spend:  {blast['cards_activated'] or 'none'}"
    yield f"  final, cannot be undone: {blast['final'] or 'none'}"


def _change(change: Document) -> Iterator[str]:
    action = change["action"]
    headline = HEADLINES.get(action) or ("will be canceled" if change.get("final") else "will be deactivated")
    identity = f" ({change['id']})" if change["id"] else ""
    yield f"  # {change['address']} {headline}{identity}: {inert(change['reason'])}"
    yield f"  {SYMBOLS[action]} {change['kind']}"
    if action == "top_up":
        yield f"      + amount = {_amount(change['amount'], change['currency'])}"
    width = max((len(edit["path"]) for edit in change["edits"]), default=0)
    for edit in change["edits"]:
        yield _edit(edit, width)


def _edit(edit: Document, width: int) -> str:
    before, after = (show_value(edit[side], edit) for side in ("before", "after"))
    tail = "  # forces replacement" if edit.get("forces_replacement") else ""
    name = edit["path"].ljust(width)
    if edit["before"] is None:
        return f"      + {name} = {after}{tail}"
    if edit["after"] is None:
        return f"      - {name} = {before} -> unset{tail}"
    return f"      ~ {name} = {before} -> {after}{tail}"


def show_value(value: Any, edit: Document) -> str:
    """Write a value of an edit; whole numbers are amounts where the edit has a `currency`."""
    currency = edit.get("currency", "")
    if isinstance(value, Mapping):
        parts = (f"{name}: {_part(name, item, currency)}" for name, item in value.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(show_value(item, edit) for item in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool) and currency:
        return _amount(value, currency)
    return _scalar(value)


def _part(name: str, value: Any, currency: str) -> str:
    return show_value(value, {"currency": currency if name == "amount" else ""})


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return inert(str(value))


def _amount(amount: int, currency: str) -> str:
    return f"{show_money(amount, currency)} ({amount})"


def inert(text: str) -> str:
    """Show control characters as what they are, so that no value can move the cursor or colour a screen."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
