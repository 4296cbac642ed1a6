"""
Formats a plan as text, in Terraform's layout.

The text has no colors; they are added for a terminal afterwards.
"""

from collections.abc import Iterable, Iterator
from sys import maxsize
from typing import Literal

from msgspec import UnsetType

from provisioner.core.diff.change import Action
from provisioner.core.model.json_document import TraceDocument
from provisioner.core.model.money import show_money
from provisioner.core.model.words import count
from provisioner.core.plan.document import ChangeDocument, Mover, ShownPlan
from provisioner.core.schema.field import Direction
from provisioner.views.backtest.text import backtest_lines
from provisioner.views.plan.groups import Group, alike, group
from provisioner.views.plan.rows import HOLDER, named, rows
from provisioner.views.plan.values import show_sides
from provisioner.views.values import inert, listed, show_place, show_row, show_trace
from provisioner.views.wrap import shared_column

Detail = Literal["full", "compact"]

NO_CHANGES = "No changes. Stripe matches the configuration."
NO_CHANGES_OF_A_PART = "No changes. Stripe matches this part of the configuration."
NO_CHANGES_BUT = "No changes. Stripe does not match the configuration yet; see the notes."
STOPPED = "Blocked by guardrails: apply will make no changes (exit code 3)"
OUTSIDE = "Changed outside of provisioner (this plan reverts it)"
MOVED: dict[Mover, str] = {
    "live": "changed outside of provisioner",
    "both": "changed outside of provisioner and in the configuration",
}
IRREVERSIBLE = " [irreversible]"
SYMBOLS = {
    "create": "+",
    "update": "~",
    "replace": "-/+",
    "retire": "-",
    "adopt": "=",
    "top_up": "$",
    "rename": "*",
    "mark": "*",
}
HEADLINES = {
    "create": "will be created",
    "update": "will be updated in place",
    "replace": "must be replaced",
    "adopt": "will be imported",
    "top_up": "will be topped up",
    "rename": "will be renamed",
    "mark": "will get new ownership metadata",
}
COUNTED = {
    "create": "create",
    "update": "update",
    "replace": "replace",
    "retire": "retire",
    "adopt": "import",
    "rename": "rename",
    "mark": "update (ownership metadata only)",
}
BOOKKEEPING = ("rename", "mark")  # the summary line omits them if there are none
MANY = 5  # at least this many similar changes are shown as one
NAMES = 12  # at most this many of their addresses are listed


def plan_text(document: ShownPlan, width: int | None = None, detail: Detail | None = None) -> str:
    """Return a plan's document as text, all parts of `plan_text_parts` in one."""
    return "".join(plan_text_parts(document, width, detail))


def plan_text_parts(
    document: ShownPlan, width: int | None = None, detail: Detail | None = None
) -> Iterator[str]:
    """
    Yield a plan's document as text, a paragraph at a time; `width` is that of the terminal, None for a file.

    The first line names project, environment, mode and account; the last one is the summary. With `detail`,
    nothing is folded: each change is shown in full, or as one line.
    """
    yield f"{place_line(document)}\n"
    for lines in _paragraphs(document, width, detail):
        yield "".join(f"{line}\n" for line in ("", *lines))


def _paragraphs(document: ShownPlan, width: int | None, detail: Detail | None) -> Iterator[Iterable[str]]:
    if outside := [*outside_lines(document)]:
        yield OUTSIDE, *(f"  {line}" for line in outside)
    if document.changes:
        yield blast_lines(document)
    if detail == "compact":
        yield from [map(compact_line, document.changes)] if document.changes else []
    else:
        least, names = (maxsize, maxsize) if detail else (MANY, NAMES)
        for one in group(document.changes, alike, least):
            yield group_lines(one, names, width)
    if document.backtest:
        yield backtest_lines(document.backtest)
    for note in document.notes:
        about = f"{inert(note.address)}: " if note.address else ""
        yield [f"Note: {about}{inert(note.text)}"]
    if stops := stop_lines(document):
        yield STOPPED, *(f"  ! {text}" for text in stops)
    yield [summary_line(document)]


def place_line(document: ShownPlan) -> str:
    """Return the line with the project, environment, mode and account of the plan."""
    return show_place(document.project, document.environment or None, document.mode, document.account)


def summary_line(document: ShownPlan) -> str:
    """Return `Plan: 2 to create, ...; top up $300.00.`, or a sentence that there is nothing to do."""
    if not document.changes:
        if any(note.pending for note in document.notes):
            return NO_CHANGES_BUT
        return NO_CHANGES_OF_A_PART if document.left_out else NO_CHANGES
    numbers = document.summary.counts
    counts = ", ".join(
        f"{numbers[action]} to {verb}"
        for action, verb in COUNTED.items()
        if numbers[action] or action not in BOOKKEEPING
    )
    moved = [show_money(money.amount, money.currency) for money in document.blast_radius.money]
    money = inert(listed(moved))
    return f"Plan: {counts}; top up {money}." if money else f"Plan: {counts}."


def stop_lines(document: ShownPlan) -> list[str]:
    """Return a line for each guardrail that blocks the plan: the problem, and how to allow it."""
    return [inert(stop.text) for stop in document.stopped_by]


def blast_radius(document: ShownPlan) -> dict[str, str]:
    """Return the largest possible effects of a plan in words, by name."""
    blast = document.blast_radius
    money = [show_money(each.amount, each.currency) for each in blast.money]
    exposure = [
        f"{'unlimited' if e.amount is None else show_money(e.amount, e.currency)} ({e.currency})"
        for e in blast.exposure_added
    ]
    return {
        "top-ups": inert(", ".join(money)) or "none",
        "added monthly exposure": inert(", ".join(exposure)) or "none",
        "cards activated": f"{blast.cards_activated:,}" if blast.cards_activated else "none",
        "irreversible changes": f"{blast.final:,}" if blast.final else "none",
    }


def blast_lines(document: ShownPlan) -> Iterator[str]:
    """Yield the blast radius as lines: its heading, then one line for each number."""
    yield "Blast radius"
    for name, answer in blast_radius(document).items():
        yield f"  {name + ':':<24} {answer}"


def outside_lines(document: ShownPlan) -> Iterator[str]:
    """Yield a line for each value or object that was changed outside of provisioner and is reverted."""
    for change in document.changes:
        if change.moved in MOVED:
            yield f"{inert(change.address)} {headline(change)}: {inert(change.reason)}{_when(change.trace)}"
        for edit in change.edits:
            if edit.moved not in MOVED:
                continue
            before, after = show_sides(edit)
            now = "not set" if edit.before is None else before + show_row(edit.row)
            does = "removes it" if edit.after is None else f"sets it to {after}"
            remarks = ["raises spending"] if edit.direction is Direction.BROADENING else []
            remarks += ["the configuration changed too"] if edit.moved == "both" else []
            tail = f" ({'; '.join(remarks)})" if remarks else ""
            name = f"{inert(change.address)}: {inert(edit.path)}"
            yield f"{name} is {now} in Stripe; this plan {does}{tail}{_when(edit.trace)}"


def _when(trace: TraceDocument | UnsetType) -> str:
    return f". Changed {show_trace(trace)}" if trace else ""


def headline(change: ChangeDocument) -> str:
    """Return what will happen to one address, in words."""
    ends = "deleted" if change.deleted else "canceled" if change.final else "deactivated"
    said = HEADLINES.get(change.counted_as) or f"will be {ends}"
    return f"{said}{IRREVERSIBLE}" if change.final else said


def group_lines(one: Group, names: int, width: int | None = None) -> Iterator[str]:
    """
    Yield the lines of one change or a group of similar ones: what happens, then the values.

    For a group, at most `names` addresses are listed. Values are aligned in one column, unless a terminal of
    `width` columns is too narrow.
    """
    change, number = one.first, len(one.changes)
    noun = inert(change.kind)
    if number == 1:
        identity = f" ({inert(change.id)})" if change.id else ""
        said = headline(change)
        said = f"{said.removesuffix(IRREVERSIBLE)}{identity}{IRREVERSIBLE if change.final else ''}"
        yield f"  # {inert(change.address)} {said}: {inert(change.reason)}"
        yield f"  {SYMBOLS[change.counted_as]} {noun}"
    else:
        yield f"  # {count(number, noun)} {headline(change)}: {inert(change.reason)}"
        yield f"  {SYMBOLS[change.counted_as]} {count(number, noun)}"
    for line in body_lines(one, names, width):
        yield f"      {line}"


def body_lines(one: Group, names: int, width: int | None = None, most: int = maxsize) -> Iterator[str]:
    """
    Yield the values of a group of changes, their other effects, and their addresses.

    If values differ, each has its addresses: at most `names` of them, except for cardholders, which are shown
    for every card; and at most `most` values of one path.
    """
    change, common = one.first, {row.path: row for row in one.common}
    column = shared_column(common, width)
    is_mixed = len({edit.moved for edit in change.edits}) > 1  # otherwise, the reason says who changed them
    is_listed = False  # whether each address has been shown already, with its value
    for path, entries in one.entries:
        first, longest = next(iter(entries)), maxsize if path == HOLDER else names
        sign = (first.sign or " ") if len({row.sign for row in entries}) == 1 else "~"
        remarks = ["forces replacement"] if first.forces_replacement else []
        remarks += [MOVED[first.moved]] if is_mixed and first.moved in MOVED else []
        tail = f"  # {'; '.join(remarks)}" if remarks else ""
        if path in common:
            yield f"{sign} {path.ljust(column)} = {first.value}{tail}"
            continue
        yield f"{sign} {path}, by {inert(change.kind)}:{tail}"
        pairs = [(named(addresses, longest), row.value) for row, addresses in entries.items()]
        if longest == maxsize:  # every address by itself
            pairs = sorted((inert(a), row.value) for row, addresses in entries.items() for a in addresses)
        lines = [f"{whose}: {value}" for whose, value in pairs]
        is_all = sum(map(len, entries.values())) == len(one.changes) and len(lines) <= most
        is_listed |= is_all and all(len(addresses) <= longest for addresses in entries.values())
        yield from (f"    {line}" for line in lines[:most])
        yield from [f"    and {len(lines) - most:,} more"] if len(lines) > most else []
    yield from (f"# {line}" for line in consequence_lines(one, names))
    if len(one.changes) > 1 and change.action is Action.ADOPT:
        # readers must see which object each address gets
        yield from (f"{inert(each.address)} ({inert(each.id or '')})" for each in one.changes)
    elif len(one.changes) > 1 and not is_listed:
        yield named([each.address for each in one.changes], names)


def consequence_lines(one: Group, names: int) -> Iterator[str]:
    """Yield the other effects of a group's changes, and at most `names` addresses that end with them."""
    yield from map(inert, one.first.consequences)
    ends = {"replace": "replaced", "retire": "retired"}
    for each in one.changes:
        if each.along:
            whose = "it" if len(one.changes) == 1 else inert(each.address)
            yield f"{ends[each.action.value]} along with {whose}: {named(each.along, names)}"


def compact_line(change: ChangeDocument) -> str:
    """Return one line for a change: its sign and address, the values that change, and a card's cardholder."""
    found = rows(change)
    wanted = [] if change.action is Action.CREATE else [row for row in found if row.sign]
    reason = [] if wanted or change.action is Action.CREATE else [inert(change.reason)]
    wanted += [row for row in found if row.path == HOLDER and row not in wanted]
    said = "; ".join([*reason, *(f"{row.path} = {row.value}" for row in wanted)]) or headline(change)
    # only an import needs the object's id; elsewhere it would only make the line longer
    identity = f" ({inert(change.id)})" if change.id and change.action is Action.ADOPT else ""
    final = IRREVERSIBLE if change.final else ""
    return f"  {SYMBOLS[change.counted_as]} {inert(change.address)}{identity}{final}: {said}"
