"""Renders estates as HTML: loads the templates and formats the values in them."""

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct

from provisioner.core.estate.fleet import STATES
from provisioner.core.estate.limits import LimitUse
from provisioner.core.model.money import PER, show_money
from provisioner.core.model.words import count
from provisioner.views.fleet import outcome_words
from provisioner.views.plan.rows import rows
from provisioner.views.plan.text import SYMBOLS, headline
from provisioner.views.values import inert, show_trace, show_value

LONGEST = 300  # the most characters of a text that are shown; texts from Stripe can be much longer
Query = Mapping[str, str]
Context = dict[str, Any]
DASHBOARD = "https://dashboard.stripe.com/"
_ID = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
FULL, NEARLY = 1.0, 0.8  # used shares of a limit from which it is highlighted


class ServedLinks(Struct, frozen=True):
    """Builds the addresses of pages that the web server serves."""

    prefix: str = ""
    """The beginning of all addresses; empty for pages at the root."""
    home: str = "overview"
    """The name of the page at the root."""

    def page(self, name: str, /, **query: str | int) -> str:
        """Return the address of a page with a query; empty values are omitted."""
        given = {key: value for key, value in query.items() if value not in ("", None)}
        path = f"{self.prefix}/{'' if name == self.home else name}"
        return f"{path}?{urlencode(given)}" if given else path

    def card(self, identity: str) -> str:
        """Return the address of a card's page."""
        return f"{self.prefix}/cards/{identity}" if _ID.fullmatch(identity) else ""

    def account(self, identity: str) -> str:
        """Return the address of the pages about an account of a fleet."""
        return f"{self.prefix}/accounts/{identity}/" if _ID.fullmatch(identity) else ""


@cache
def environment() -> Environment:
    """Return the template environment. It escapes all text, and shows control characters as codes."""
    found = Environment(
        loader=PackageLoader("provisioner.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    found.filters |= {
        "money": show_money,
        "result": outcome_words,
        "moment": show_moment,
        "day": show_day,
        "limit": show_limit,
        "percent": show_percent,
        "number": lambda number: f"{number:,}",
        "words": lambda text: str(text).replace("_", " "),
    }
    found.globals |= {
        "change_rows": rows,
        "count": count,
        "dashboard": dashboard,
        "headline": headline,
        "STATES": STATES,
        "level": level,
        "show_trace": show_trace,
        "show_value": show_value,
        "show_sums": show_sums,
        "symbols": SYMBOLS,
    }
    return found


def render(template: str, context: Mapping[str, Any]) -> str:
    """Return the text of a template, filled in."""
    return environment().get_template(template).render(context)


def _harmless(value: Any) -> Any:
    """Return a printed value without control characters, such as those that reverse the direction of text."""
    if type(value) is not str:  # Markup is a string that has been escaped already.
        return value
    text = inert(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def show_moment(at: int) -> str:
    """Return a time (Unix seconds) as its date, hour and minute in UTC."""
    return f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d %H:%M}"


def show_day(at: int) -> str:
    """Return the date (UTC) of a time in Unix seconds."""
    return f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d}"


def show_limit(limit: LimitUse) -> str:
    """Format a limit: `$2,000.00 per month`."""
    return f"{show_money(limit.amount, limit.currency)} {PER.get(limit.interval, limit.interval)}"


def show_percent(share: float) -> str:
    """Format a share as a percentage."""
    return f"{share:.0%}"


def show_sums(sums: Mapping[str, int]) -> str:
    """Format amounts by currency: `$5.00, €3.00`."""
    return ", ".join(show_money(amount, currency) for currency, amount in sorted(sums.items()))


def level(share: float) -> str:
    """Return the CSS class for the used share of a limit."""
    return "full" if share >= FULL else "high" if share >= NEARLY else "some"


def dashboard(mode: str, path: str, identity: str) -> str:
    """Return the address of an object in the Stripe Dashboard; empty if the id is not a valid one."""
    if not _ID.fullmatch(identity):
        return ""
    return f"{DASHBOARD}{'test/' if mode == 'test' else ''}{path}/{identity}"
