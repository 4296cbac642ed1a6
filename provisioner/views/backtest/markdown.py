"""Formats a backtest as Markdown: alone, or as a section of a comment about a plan."""

from collections.abc import Callable, Iterator, Sequence

from provisioner.core.model.words import count
from provisioner.core.purchases.backtest_document import BacktestDocument, PurchaseExample
from provisioner.core.purchases.backtest_report import BacktestReport
from provisioner.views.backtest.facts import (
    TITLE,
    doubts,
    facts,
    is_doubtful,
    remarks,
    show_card,
    show_changed,
    show_disagreement,
    show_example,
    show_limit,
    summary,
)
from provisioner.views.backtest.text import DISAGREEMENTS, SIGNS
from provisioner.views.safe_markdown import cell, clip, fence, fitting, place, plain, size

LONGEST = 60_000  # GitHub accepts at most 65,536 characters
ROWS = 30


def backtest_markdown(report: BacktestReport) -> str:
    """Format a backtest as one Markdown comment."""
    where = place(report.project, report.environment, report.mode, report.account)
    parts = [f"### {TITLE} for {where}", *section(report, LONGEST // 2)]
    if report.headroom is not None and report.headroom.limits:
        rows = ["| Limit | Most used | Would decline nothing |", "|---|---|---|"]
        for limit in report.headroom.limits[:ROWS]:
            shown, used, lower = show_limit(limit)
            cells = (plain(clip(each, 200)) for each in (used, lower or "-"))
            rows.append(f"| {cell(f'{limit.address}: {shown}')} | {' | '.join(cells)} |")
        parts.append("\n".join(["**Headroom**", "", *rows]))
    return "\n\n".join(parts) + "\n"


def section(backtest: BacktestDocument, room: int) -> Iterator[str]:
    """Yield the parts of a backtest's section; each is at most about `room` bytes long."""
    kind = "WARNING" if backtest.newly_declined.count or is_doubtful(backtest) else "NOTE"
    alert = [f"[!{kind}]", f"**{TITLE}: {plain(clip(summary(backtest), 400))}**"]
    alert += [plain(each) for each in doubts(backtest)]
    yield "\n".join(f"> {line}" for line in alert)
    rows = ["| Past purchases | |", "|---|---|"]
    rows += [f"| {name} | {plain(clip(answer, 300))} |" for name, answer in facts(backtest).items()]
    yield "\n".join(rows)
    yield from _tables(backtest, room)
    yield from _examples("First purchases", backtest.examples, show_example, room)
    yield from _examples(DISAGREEMENTS, backtest.disagreements, show_disagreement, room)
    if found := remarks(backtest):
        yield "\n".join(f"- {plain(clip(each, 600))}" for each in found)


def _tables(backtest: BacktestDocument, room: int) -> Iterator[str]:
    """Yield a table by card, by team, and by category."""
    cards = []
    for card in backtest.by_card:
        declined, approved = show_card(card)
        about = "" if card.declared else " (not in the configuration)"
        cards.append((f"{card.address}{about}", declined, approved))
    yield from _table("Card", cards, room)
    for name, groups in (("Team", backtest.by_team), ("Merchant category", backtest.by_category)):
        rows = []
        for group in groups:
            shown = (show_changed(each) for each in (group.newly_declined, group.newly_approved))
            rows.append((group.name, *("" if each == "none" else each for each in shown)))
        yield from _table(name, [row for row in rows if row[0]], room)


def _table(name: str, rows: Sequence[tuple[str, ...]], room: int) -> Iterator[str]:
    if not rows:
        return
    lines = [
        f"| {cell(first)} | {' | '.join(plain(clip(each, 100)) for each in others)} |"
        for first, *others in rows[:ROWS]
    ]
    few = fitting(lines, room // 2)
    more = [f"\nand {count(len(rows) - len(few), 'more row')}"] if len(rows) > len(few) else []
    yield "\n".join([f"| {name} | Would be declined | Would be approved |", "|---|---|---|", *few, *more])


def _examples(
    title: str, examples: Sequence[PurchaseExample], show: Callable[[PurchaseExample], str], room: int
) -> Iterator[str]:
    lines = [f"{SIGNS[each.becomes]} {show(each)}" for each in examples]
    if lines and size("".join(lines)) <= room:
        yield f"<details><summary>{title}</summary>\n\n{fence(lines, 'diff')}\n\n</details>"
