"""The plan as one HTML page, which works without a server or a network."""

import base64
import hashlib
import html
import json
import re
from importlib import resources
from typing import Any

from provisioner.core.model.money import exponent, show_money
from provisioner.core.plan.document import ChangeDocument, EditDocument, ShownPlan
from provisioner.core.plan.outlook_document import BalanceDocument, Power
from provisioner.core.schema.field import Direction
from provisioner.views.plan.text import (
    IRREVERSIBLE,
    MOVED,
    OUTSIDE,
    STOPPED,
    SYMBOLS,
    blast_radius,
    headline,
    outside_lines,
    place_line,
    stop_lines,
    summary_line,
)
from provisioner.views.plan.values import show_power, show_sides, team_name
from provisioner.views.values import inert, show_amount, show_row

POWER = {
    Direction.BROADENING: "raises spending",
    Direction.TIGHTENING: "lowers spending",
}
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def plan_html(document: ShownPlan) -> str:
    """
    Return a plan's document as one HTML page.

    The page holds the plan as JSON and shows it as text. Its content security policy runs no script but the
    page's and loads nothing, whatever the values are.
    """
    page = resources.files("provisioner.views").joinpath("page.html").read_text(encoding="utf-8")
    script = _SCRIPT.search(page)
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode() if script else ""
    data = json.dumps(_model(document), separators=(",", ":"))
    fill = {
        "@@POLICY@@": f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        "@@TITLE@@": _escaped(_title(document)),
        "@@PLACE@@": _escaped(place_line(document)),
        "@@SUMMARY@@": _escaped(summary_line(document)),
        # so that no value can end the script element
        "@@DATA@@": data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"),
    }
    return re.sub("|".join(fill), lambda found: fill[found[0]], page)


def _title(document: ShownPlan) -> str:
    return f"Plan for {document.project}" + (f" ({document.environment})" if document.environment else "")


def _escaped(text: str) -> str:
    """Return a string for HTML in ASCII, so that the page is the same in every encoding."""
    return html.escape(inert(text)).encode("ascii", "xmlcharrefreplace").decode()


def _model(document: ShownPlan) -> dict[str, Any]:
    """Return what the page shows, with all values as text; edits that many changes share are there once."""
    edits: dict[tuple[str, ...], int] = {}
    changes = [_change(change, edits) for change in document.changes]
    return {
        "title": inert(_title(document)),
        "place": place_line(document),
        "fingerprint": inert(document.fingerprint),
        "summary": inert(summary_line(document)),
        "blast": list(blast_radius(document).items()),
        "outside": {"title": OUTSIDE, "texts": [*outside_lines(document)]},
        "stopped": {"title": STOPPED, "texts": stop_lines(document)},
        "edits": [list(edit) for edit in edits],
        "changes": changes,
        "notes": [[inert(note.address), inert(note.text)] for note in document.notes],
        "balances": [_balance(balance, document) for balance in document.outlook.balances],
        "exposure": [
            {
                "team": team_name(row),
                "currency": inert(row.currency.upper()),
                "before": _power(row.before, row.currency),
                "after": _power(row.after, row.currency),
            }
            for row in document.outlook.exposure
        ],
    }


def _change(change: ChangeDocument, edits: dict[tuple[str, ...], int]) -> dict[str, Any]:
    lines = [_edit(edit) for edit in change.edits]
    if change.money:
        lines.append(("+", "amount", "", inert(show_amount(*change.money)), ""))
    model: dict[str, Any] = {
        "a": inert(change.address),
        "k": inert(change.kind),
        "c": "marks" if change.bookkeeping else change.action.value,
        "h": headline(change).removesuffix(IRREVERSIBLE),
        "s": SYMBOLS[change.counted_as],
        "r": inert(change.reason),
        "e": [edits.setdefault(line, len(edits)) for line in lines],
    }
    outside = any(edit.moved in MOVED for edit in change.edits)
    marks = {"f": change.final, "b": change.gives_power, "t": change.takes_power, "o": outside}
    identity = {"i": inert(change.id)} if change.id else {}
    return model | identity | {name: 1 for name, holds in marks.items() if holds}


def _edit(edit: EditDocument) -> tuple[str, ...]:
    """Return the symbol, path, values before and after, and remarks of an edit, as the page shows them."""
    before, after = (text + show_row(edit.row) for text in show_sides(edit))
    more = ["forces replacement"] if edit.forces_replacement else []
    if edit.direction is Direction.BROADENING or edit.before is not None:
        more += [POWER[edit.direction]] if edit.direction in POWER else []
    more += [MOVED[edit.moved]] if edit.moved in MOVED else []
    sides = "" if edit.before is None else before, "" if edit.after is None else after
    return edit.symbol, inert(edit.path), *sides, ", ".join(more)


def _balance(balance: BalanceDocument, document: ShownPlan) -> dict[str, Any]:
    currency = balance.currency
    top_up = sum(each.amount for each in document.blast_radius.money if each.currency == currency)
    amounts = {
        "available": balance.available,
        "pending": balance.pending,
        "top_up": top_up,
        "target": balance.target,
        "top_up_below": balance.top_up_below,
    }
    return {
        "currency": inert(currency.upper()),
        "amounts": amounts,
        "shown": {name: "" if n is None else inert(show_money(n, currency)) for name, n in amounts.items()},
    }


def _power(power: Power, currency: str) -> dict[str, Any]:
    return {
        "size": power.amount / 10 ** exponent(currency),
        "unlimited": power.unlimited,
        "cards": power.cards,
        "shown": show_power(power, currency),
    }
