"""The plan as one HTML page, which works without a server or a network."""

import base64
import hashlib
import html
import json
import re
from datetime import UTC, datetime
from importlib import resources
from sys import maxsize
from typing import Any

from msgspec import Struct

from provisioner.core.model.money import exponent, show_money
from provisioner.core.plan.document import ChangeDocument, SavedPlanDocument, ShownPlan
from provisioner.core.plan.outlook_document import BalanceDocument, Power
from provisioner.core.schema.field import Direction
from provisioner.views.backtest.page import backtest_model
from provisioner.views.plan.groups import Group
from provisioner.views.plan.rows import ValueRow, rows
from provisioner.views.plan.text import (
    IRREVERSIBLE,
    MOVED,
    OUTSIDE,
    STOPPED,
    SYMBOLS,
    blast_radius,
    consequence_lines,
    headline,
    outside_lines,
    place_line,
    stop_lines,
    summary_line,
)
from provisioner.views.plan.values import show_power, team_name
from provisioner.views.values import inert

POWER = {
    Direction.BROADENING: "raises spending",
    Direction.TIGHTENING: "lowers spending",
}
DASHBOARD = "https://dashboard.stripe.com/"
_LINK = re.compile(re.escape(DASHBOARD) + r"[\w/]+", re.ASCII)
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class Provenance(Struct, frozen=True):
    """The time at which a plan was made, and the commit of its configuration."""

    at: str
    """The time: ISO 8601, in UTC."""
    commit: str | None
    """The commit; None if the configuration is not in a git repository."""

    def __str__(self) -> str:
        at = datetime.fromisoformat(self.at).astimezone(UTC)
        commit = f" from commit {inert(self.commit)}" if self.commit else ""
        return f"Made {at:%Y-%m-%d %H:%M} UTC{commit}"


def plan_html(document: ShownPlan, origin: Provenance | None = None) -> str:
    """
    Format a plan as one HTML page; `origin` is not needed for a saved plan, which contains its own.

    The page contains the plan as JSON and shows it as text. Its content security policy forbids all scripts
    but the page's own and all requests, whatever the values contain.
    """
    page = resources.files("provisioner.views").joinpath("page.html").read_text(encoding="utf-8")
    script = _SCRIPT.search(page)
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode() if script else ""
    if isinstance(document, SavedPlanDocument):
        origin = Provenance(document.created, document.source.commit)
    data = json.dumps({"made": str(origin or ""), **_model(document)}, separators=(",", ":"))
    fill = {
        "@@POLICY@@": f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        "@@TITLE@@": _escaped(_title(document)),
        "@@PLACE@@": _escaped(place_line(document)),
        "@@SUMMARY@@": _escaped(summary_line(document)),
        # so that no value can close the script element
        "@@DATA@@": data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"),
    }
    return re.sub("|".join(fill), lambda found: fill[found[0]], page)


def _title(document: ShownPlan) -> str:
    return f"Plan for {document.project}" + (f" ({document.environment})" if document.environment else "")


def _escaped(text: str) -> str:
    """Return a string for HTML in ASCII, so that the page is the same in every encoding."""
    return html.escape(inert(text)).encode("ascii", "xmlcharrefreplace").decode()


def _model(document: ShownPlan) -> dict[str, Any]:
    """Return the values that the page shows, all as text; an edit that many changes share is stored once."""
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
        "backtest": backtest_model(document.backtest) if document.backtest else None,
        "edits": [list(edit) for edit in edits],
        "changes": changes,
        "unchanged": document.summary.unchanged,
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
    model: dict[str, Any] = {
        "a": inert(change.address),
        "k": inert(change.kind),
        "c": "marks" if change.bookkeeping else change.action.value,
        "h": headline(change).removesuffix(IRREVERSIBLE),
        "s": SYMBOLS[change.counted_as],
        "r": inert(change.reason),
        "e": [edits.setdefault(_row(row), len(edits)) for row in rows(change)],
    }
    outside = change.moved in MOVED or any(edit.moved in MOVED for edit in change.edits)
    more = {
        "i": inert(change.id or ""),
        "m": inert(change.team),
        "l": change.link.removeprefix(DASHBOARD) if _LINK.fullmatch(change.link) else "",
        "x": [*consequence_lines(Group((change,)), maxsize)],
        "f": change.final and 1,
        "b": change.gives_power and 1,
        "t": change.takes_power and 1,
        "o": outside and 1,
    }
    return model | {name: value for name, value in more.items() if value}


def _row(row: ValueRow) -> tuple[str, ...]:
    """Return the sign, path, old and new value, and remarks of a row, as the page shows them."""
    more = ["forces replacement"] if row.forces_replacement else []
    more += [POWER[row.power]] if row.power else []
    more += [MOVED[row.moved]] if row.moved in MOVED else []
    sides = (side + row.per if side else "" for side in (row.before, row.after))
    return row.sign, row.path, *sides, ", ".join(more)


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
