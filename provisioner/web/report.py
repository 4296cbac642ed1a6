"""The estate as one self-contained HTML file, which loads nothing from elsewhere."""

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import TypeVar

from markupsafe import Markup

from provisioner.core.estate.filters import CardFilter, chosen_cards
from provisioner.core.estate.fleet import FleetEstate, FleetFilter, chosen_accounts
from provisioner.core.estate.model import Estate
from provisioner.core.model.words import count
from provisioner.web import pages
from provisioner.web.paging import TablePage
from provisioner.web.render import Context, render
from provisioner.web.site import Place

MOST = 500  # the most rows of a table, so that a file about ten thousand cards still opens at once
T = TypeVar("T")
STYLES = ("uPlot.min.css", "estate.css")
SCRIPTS = ("uPlot.iife.min.js", "estate.js")


class FileLinks:
    """Links to the sections of one file; there are no pages for single cards."""

    def page(self, name: str, /, **_query: str | int) -> str:
        """Return the anchor of a section."""
        return f"#{name}"

    def card(self, _identity: str) -> str:
        """Return an empty string, so that names are not links: cards have no pages."""
        return ""

    def account(self, _identity: str) -> str:
        """Return an empty string: accounts have no pages."""
        return ""


def report_html(estate: Estate) -> str:
    """Return an estate as one HTML page; long tables are cut after `MOST` rows."""
    place = Place(estate.project, estate.environment, estate.mode, estate.account)
    return _page(place, estate.now, estate.gaps, _sections(estate))


def fleet_report_html(fleet: FleetEstate) -> str:
    """Return a fleet as one HTML page, which has at most the `MOST` most urgent accounts."""
    place = Place(fleet.name, "", fleet.mode, count(len(fleet.accounts), "account"))
    context = pages.accounts(fleet, {})
    rows = chosen_accounts(fleet.accounts, FleetFilter())
    shown: Context = {**context, "page": _first(rows), "links": FileLinks()}
    body = Markup(render("accounts_part.html", shown))  # noqa: S704 - a template has escaped it
    return _page(place, fleet.now, (), [("accounts", _of("Accounts", len(rows)), body)])


def _page(place: Place, now: int, gaps: Sequence[str], sections: Sequence[tuple[str, str, Markup]]) -> str:
    """
    Return sections as one HTML page.

    Its content security policy forbids all scripts but the page's own and all requests, whatever the values
    contain.
    """
    style = "\n".join(map(_static, STYLES))
    scripts = [_static(name) for name in SCRIPTS]
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {' '.join(map(_hash, scripts))}",
            "base-uri 'none'",
        )
    )
    return render(
        "report.html",
        {
            "place": place,
            "now": now,
            "gaps": gaps,
            "policy": Markup(policy),  # noqa: S704 - made above, of nothing but digests
            "style": Markup(style),  # noqa: S704 - the package's own file
            "scripts": [Markup(script) for script in scripts],  # noqa: S704 - as above
            "sections": sections,
        },
    )


def _sections(estate: Estate) -> list[tuple[str, str, Markup]]:
    cards = chosen_cards(estate.cards, CardFilter())
    contexts: list[tuple[str, str, str, Context]] = [
        ("overview", "Overview", "overview_part.html", pages.overview(estate, {})),
        ("cards", _of("Cards", len(cards)), "cards_table.html", {"rows": cards[:MOST]}),
        ("purchases", _of("Purchases", len(estate.shown)), "purchases_part.html", _purchases(estate)),
        ("drift", "Drift", "drift_part.html", {**pages.drift(estate, {}), "page": _first(estate.outside)}),
        ("plan", "Plan", "plan_part.html", {**pages.plan(estate, {}), "page": _first(estate.plan.changes)}),
    ]
    shared = {"estate": estate, "links": FileLinks()}
    return [
        (name, label, Markup(render(template, {**shared, **context})))  # noqa: S704 - a template has escaped it
        for name, label, template, context in contexts
    ]


def _purchases(estate: Estate) -> Context:
    return {**pages.purchases(estate, {}), "page": _first(estate.shown)}


def _first(rows: Sequence[T]) -> TablePage[T]:
    return TablePage(rows[:MOST], 1, 1, len(rows))


def _of(label: str, number: int) -> str:
    return f"{label}: {MOST:,} of {count(number, 'row')}" if number > MOST else label


def _static(name: str) -> str:
    return resources.files("provisioner.web").joinpath("static", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
