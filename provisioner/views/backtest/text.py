"""Formats a backtest as text: alone, or as a section of a plan."""

from collections.abc import Callable, Iterator, Sequence

from provisioner.core.model.words import count
from provisioner.core.purchases.backtest_document import (
    BacktestDocument,
    ChangedForGroup,
    Headroom,
    PurchaseExample,
)
from provisioner.core.purchases.backtest_report import BacktestReport
from provisioner.views.backtest.facts import (
    TITLE,
    doubts,
    facts,
    remarks,
    show_card,
    show_changed,
    show_disagreement,
    show_example,
    show_limit,
    show_period,
    summary,
)
from provisioner.views.values import inert, show_place

CARDS = 12  # the most cards, teams and categories that are listed
DISAGREEMENTS = "First decisions that the replay does not reproduce"
SIGNS = {"declined": "-", "approved": "+"}


def backtest_text(report: BacktestReport) -> str:
    """
    Format a backtest as text.

    The first line names the project, environment, mode and account; the last line is the summary.
    """
    lines = [show_place(report.project, report.environment, report.mode, report.account), ""]
    lines += backtest_lines(report)
    if report.headroom is not None:
        lines += ["", *headroom_lines(report.headroom)]
    return "\n".join([*lines, "", f"{TITLE}: {summary(report)}"]) + "\n"


def backtest_lines(backtest: BacktestDocument) -> Iterator[str]:
    """Yield the lines of a backtest: the result; by card, team and category; and the first purchases."""
    yield f"{TITLE}: {show_period(backtest)}"
    for name, answer in facts(backtest).items():
        yield f"  {name + ':':<24} {answer}"
    yield from _card_lines(backtest)
    yield from _group_lines("By team", [each for each in backtest.by_team if each.name])
    yield from _group_lines("By merchant category", backtest.by_category)
    yield from _example_lines("First purchases", backtest.examples, show_example)
    yield from _example_lines(DISAGREEMENTS, backtest.disagreements, show_disagreement)
    for remark in (*doubts(backtest), *remarks(backtest)):
        yield ""
        yield f"  Note: {remark}"


def _card_lines(backtest: BacktestDocument) -> Iterator[str]:
    if not backtest.by_card:
        return
    yield ""
    yield "  By card"
    for card in backtest.by_card[:CARDS]:
        declined, approved = show_card(card)
        about = "" if card.declared else " (not in the configuration)"
        for sign, shown, becomes in (("-", declined, "declined"), ("+", approved, "approved")):
            if shown:
                yield f"    {sign} {inert(card.address)}{about}: {shown} {becomes}"
    yield from _more(len(backtest.by_card) - CARDS, "card")


def _group_lines(title: str, groups: Sequence[ChangedForGroup]) -> Iterator[str]:
    if not groups:
        return
    yield ""
    yield f"  {title}"
    for group in groups[:CARDS]:
        for sign, changed, becomes in (
            ("-", group.newly_declined, "declined"),
            ("+", group.newly_approved, "approved"),
        ):
            if changed.count:
                yield f"    {sign} {inert(group.name)}: {show_changed(changed)} {becomes}"
    yield from _more(len(groups) - CARDS, "group")


def _example_lines(
    title: str, examples: Sequence[PurchaseExample], show: Callable[[PurchaseExample], str]
) -> Iterator[str]:
    if examples:
        yield ""
        yield f"  {title}"
        yield from (f"    {SIGNS[each.becomes]} {show(each)}" for each in examples)


def _more(number: int, noun: str) -> Iterator[str]:
    if number > 0:
        yield f"    and {count(number, f'more {noun}')}"


def headroom_lines(headroom: Headroom) -> Iterator[str]:
    """Yield the use of each limit, the idle cards, and the limits that would have declined nothing."""
    yield "Headroom: each limit and the most used of it in any interval (suggestions; nothing is applied)"
    for limit in headroom.limits:
        shown, used, lower = show_limit(limit)
        declines = f"; declines {count(limit.declines, 'purchase')}" if limit.declines else ""
        tail = f"; {lower} would decline nothing more" if lower else ""
        yield f"    {inert(limit.address)}: {used} of {shown}{declines}{tail}"
    if headroom.idle:
        yield ""
        yield f"  Active cards without an approved purchase: {', '.join(map(inert, headroom.idle))}"
    if headroom.yaml:
        yield ""
        yield "  Limits to paste"
        yield from (f"    {inert(line)}" for line in headroom.yaml.splitlines())
