"""Build the tables of docs/sandbox.md from rows, each with its source and the tests that hold it."""

import re
from pathlib import Path
from typing import Any

import yaml

from provisioner.sandbox.api.routes import ROUTES
from provisioner.sandbox.rules.common.unknowns import DEFAULTS

from .markdown import table

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"
DATA = Path(__file__).with_name("sandbox")
TABLES = tuple(file.stem for file in sorted(DATA.glob("*.yaml")))
_PART = "<!-- {0} -->\n{1}<!-- end of {0} -->\n"

Row = dict[str, Any]


def rows(name: str) -> list[Row]:
    """Return the rows of a table: what it is about, `text`, `source`, `tests`, and what else it has."""
    found: list[Row] = yaml.load((DATA / f"{name}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return found


def written(page: str) -> str:
    """Return the page with its tables as the rows say."""
    for name in TABLES:
        page = _replaced(page, name, "\n" + _WRITERS[name](rows(name)) + "\n")
    scopes = ", ".join(f"`{scope}`" for scope in sorted({route.scope for route in ROUTES} - {""}))
    return _replaced(page, "scopes", f"{scopes},\n")


def _replaced(page: str, name: str, content: str) -> str:
    pattern = re.escape(_PART.format(name, "@")).replace("@", "(?:.*?)")
    after, count = re.subn(pattern, lambda _: _PART.format(name, content), page, flags=re.DOTALL)
    assert count == 1, f"docs/sandbox.md has {count} places for {name}"
    return after


def _proof(row: Row) -> list[str]:
    return [row["source"], "<br>".join(f"`{test}`" for test in row["tests"])]


def _endpoints(found: list[Row]) -> str:
    order = [f"{route.method} {route.path}" for route in ROUTES]
    placed = sorted(found, key=lambda row: order.index(row["endpoint"]))
    head = ["endpoint", "state", "differences", "source", "held by"]
    return table(head, [[f"`{r['endpoint']}`", r["state"], r.get("text", ""), *_proof(r)] for r in placed])


def _subjects(found: list[Row]) -> str:
    head = ["subject", "state", "behavior", "source", "held by"]
    return table(head, [[row["subject"], row["state"], row["text"], *_proof(row)] for row in found])


def _switches(found: list[Row]) -> str:
    lines = [
        [f"`{row['switch']}`", "on" if DEFAULTS[row["switch"]] else "off", row["text"], *_proof(row)]
        for row in found
    ]
    return table(["switch", "default", "effect when on", "source", "held by"], lines)


def _acts(found: list[Row]) -> str:
    lines = [[f"`{row['act']}`", row.get("value", ""), row["text"], *_proof(row)] for row in found]
    return table(["act", "value", "what happens", "source", "held by"], lines)


_WRITERS = {
    "acts": _acts,
    "behavior": _subjects,
    "endpoints": _endpoints,
    "requests": _subjects,
    "switches": _switches,
}
