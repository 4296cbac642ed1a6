"""The report of a fleet as one HTML page, written piece by piece so that memory never holds all accounts."""

from collections.abc import Sequence
from html import escape
from textwrap import dedent

from provisioner.core.model.fleet_report import AccountLine, FleetTotals
from provisioner.views.fleet import outcome_words, stop_words, totals_line, totals_text
from provisioner.views.values import inert

# totals are known last and shown first: CSS `order` moves them up, and no script can run in the page
HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
* {{ box-sizing: border-box }}
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem;
  display: flex; flex-direction: column; color: #1a1f36; background: #fff; overflow-wrap: anywhere }}
section {{ order: -1 }} h1 {{ font-size: 1.3rem }} table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #e3e8ee; vertical-align: top }}
th, td.n, td:first-child {{ overflow-wrap: normal }} td {{ min-width: 3rem; unicode-bidi: isolate }}
td.n {{ text-align: right; font-variant-numeric: tabular-nums }} tr.failed {{ background: #fdf0f0 }}
pre {{ white-space: pre-wrap; background: #f6f9fc; padding: 1rem; border-radius: .4rem }}
@media (max-width: 640px) {{ thead {{ display: none }}
  tr {{ display: block; border-bottom: 1px solid #8a94a3; padding: .4rem 0 }}
  td, td.n {{ display: inline-block; min-width: 0; border: 0; padding: 0 .4rem }}
  td:nth-child(5) {{ display: block }} td:nth-child(4)::before {{ content: "exit " }}
  td:nth-child(6)::after {{ content: " requests" }} td:nth-child(7)::after {{ content: " s" }} }}
@media screen and (prefers-color-scheme: dark) {{ body {{ background: #11151c; color: #dfe5ee }}
  pre {{ background: #1b212b }} tr.failed {{ background: #3a1f24 }} th, td {{ border-color: #2b3340 }} }}
</style></head><body>
<table><thead><tr><th>account</th><th>name</th><th>phase</th><th>exit</th><th>result</th><th>requests</th>
<th>seconds</th></tr></thead><tbody>
"""
TAIL = "</body></html>\n"


def html_head(fleet: str) -> str:
    """Return the beginning of the page, up to the first account."""
    return HEAD.format(title=_text(f"Fleet {fleet}"))


def html_row(document: AccountLine) -> str:
    """Return the row of one account."""
    what = "; ".join(filter(None, (outcome_words(document), *stop_words(document), *document.problems)))
    cells = "".join(
        f"<td>{_text(str(each))}</td>"
        for each in (document.account, document.name, document.phase, document.code, what)
    )
    numbers = f'<td class="n">{document.requests:,}</td><td class="n">{document.seconds:.2f}</td>'
    mark = ' class="failed"' if document.failed else ""
    return f"<tr{mark}>{cells}{numbers}</tr>\n"


def html_tail(totals: Sequence[FleetTotals]) -> str:
    """Return the totals of each phase and the end of the page."""
    sums = ""
    for each in totals:
        details = dedent(totals_text(each).partition("\n")[2]).rstrip()
        sums += f"<h1>{_text(totals_line(each))}</h1><pre>{_text(details, lines=True)}</pre>\n"
    return f"</tbody></table>\n<section>{sums}</section>{TAIL}"


def _text(text: str, *, lines: bool = False) -> str:
    return escape("\n".join(map(inert, text.split("\n"))) if lines else inert(text))
