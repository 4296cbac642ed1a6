"""
The plan as text, laid out as Terraform does.

The text has no colors; a terminal adds them afterwards.
"""

from collections.abc import Iterator, Mapping

from provisioner.core.diff.change import Action
from provisioner.core.model.money import show_money
from provisioner.core.plan.document import ChangeDocument, EditDocument, Mover, ShownPlan
from provisioner.views.plan.groups import OWN, Group, alike, group
from provisioner.views.plan.values import show_sides
from provisioner.views.values import count, inert, listed, show_amount, show_place, show_row, show_trace
from provisioner.views.wrap import shared_column, wrap_lines

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
BOOKKEEPING = ("rename", "mark")  # the summary line leaves them out where there are none
MANY = 5  # at least this many changes that do the same are shown as one
NAMES = 12  # at most this many of their addresses are listed


def plan_text(document: ShownPlan, width: int | None = None) -> str:
    """
    Return a plan's document as text, wrapped at `width` columns where a width is given.

    The first line names project, environment, mode and account; the last one is the summary.
    """
    lines = [place_line(document)]
    if outside := [*outside_lines(document)]:
        lines += ["", OUTSIDE, *(f"  {line}" for line in outside)]
    if document.changes:
        lines += ["", *blast_lines(document)]
    for one in group(document.changes, alike, MANY):
        lines += ["", *group_lines(one, NAMES, width)]
    for note in document.notes:
        about = f"{inert(note.address)}: " if note.address else ""
        lines += ["", f"Note: {about}{inert(note.text)}"]
    if stops := stop_lines(document):
        lines += ["", STOPPED, *(f"  ! {text}" for text in stops)]
    lines += ["", summary_line(document)]
    return "\n".join(wrap_lines(lines, width)) + "\n"


def place_line(document: ShownPlan) -> str:
    """Return the line that says which project, environment, mode and account the plan is for."""
    return show_place(document.project, document.environment or None, document.mode, document.account)


def summary_line(document: ShownPlan) -> str:
    """Return `Plan: 2 to create, ...; top up $300.00.`, or a sentence that says there is nothing to do."""
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
    """Return a line for each guardrail that blocks the plan: what is wrong, and how to allow it."""
    return [inert(stop.text) for stop in document.stopped_by]


def blast_radius(document: ShownPlan) -> dict[str, str]:
    """Return the worst that a plan can cost, in words, by name."""
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
    """Yield a line for each value that was changed outside of provisioner and that the plan sets back."""
    for change in document.changes:
        for edit in change.edits:
            if edit.moved not in MOVED:
                continue
            before, after = show_sides(edit)
            now = "not set" if edit.before is None else before + show_row(edit.row)
            does = "removes it" if edit.after is None else f"sets it to {after}"
            both = " (the configuration changed too)" if edit.moved == "both" else ""
            name = f"{inert(change.address)}: {inert(edit.path)}"
            when = f", changed {show_trace(edit.trace)}" if edit.trace else ""
            yield f"{name} is {now} in Stripe{when}; this plan {does}{both}"


def headline(change: ChangeDocument) -> str:
    """Return what will happen to one address, in words."""
    said = HEADLINES.get(change.counted_as) or ("will be canceled" if change.final else "will be deactivated")
    return f"{said}{IRREVERSIBLE}" if change.final else said


def group_lines(one: Group, names: int, width: int | None = None) -> Iterator[str]:
    """
    Yield the lines of one change, or of many that do the same.

    Of many, at most `names` addresses are listed. All are listed with their ids where they are imported, and
    with their cardholders where these differ. Values line up in one column, unless a terminal of `width`
    columns is too narrow for it.
    """
    change, number = one.first, len(one.changes)
    if number == 1:
        identity = f" ({inert(change.id)})" if change.id else ""
        said = headline(change)
        said = f"{said.removesuffix(IRREVERSIBLE)}{identity}{IRREVERSIBLE if change.final else ''}"
        yield f"  # {inert(change.address)} {said}: {inert(change.reason)}"
        yield f"  {SYMBOLS[change.counted_as]} {inert(change.kind)}"
    else:
        yield f"  # {count(number, inert(change.kind))} {headline(change)}: {inert(change.reason)}"
        yield f"  {SYMBOLS[change.counted_as]} {count(number, inert(change.kind))}"
    if change.money:
        yield f"      + amount = {inert(show_amount(*change.money))}"
    column = shared_column((inert(edit.path) for edit in change.edits), width)
    differing = one.differing() if number > 1 else {}
    is_mixed = len({edit.moved for edit in change.edits}) > 1  # otherwise the reason says who changed them
    for edit in change.edits:
        yield _edit(edit, column, differing.get(edit.path, 0), show_moved=is_mixed)
    if number > 1:
        yield from (f"      {line}" for line in _members(one, names, differing))


def _members(one: Group, names: int, differing: Mapping[str, int]) -> Iterator[str]:
    """Yield lines that list the addresses of a group."""
    if one.first.action is Action.ADOPT:  # the reader must see which object each address gets
        yield from (f"{inert(each.address)} ({inert(each.id or '')})" for each in one.changes)
    elif holder := next((path for path in differing if path in OWN), ""):
        for each in one.changes:
            edit = next(edit for edit in each.edits if edit.path == holder)
            yield f"{inert(each.address)}: {_value(edit)}"
    else:
        yield addresses(one.changes, names)


def addresses(changes: tuple[ChangeDocument, ...], names: int) -> str:
    """Return the first `names` addresses, and how many more there are."""
    named = ", ".join(inert(change.address) for change in changes[:names])
    more = len(changes) - names
    return f"{named} and {more:,} more" if more > 0 else named


def _edit(edit: EditDocument, width: int, differing: int, *, show_moved: bool) -> str:
    """Return the line of one edit; `differing` is the number of values where a group has several."""
    remarks = ["forces replacement"] if edit.forces_replacement else []
    remarks += [MOVED[edit.moved]] if show_moved and edit.moved in MOVED else []
    tail = f"  # {'; '.join(remarks)}" if remarks else ""
    below = ", listed below" if edit.path in OWN else ""
    value = f"({differing:,} different values{below})" if differing else _value(edit)
    return f"      {edit.symbol} {inert(edit.path).ljust(width)} = {value}{tail}"


def _value(edit: EditDocument) -> str:
    """Return an edit's value before and after, as far as each is set."""
    before, after = show_sides(edit)
    if edit.before is None:
        return after + show_row(edit.row)
    return f"{before} -> {'unset' if edit.after is None else after}{show_row(edit.row)}"
