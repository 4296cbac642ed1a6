"""The plan as people read it in a terminal, in Terraform's look; plain text, colour is the terminal's."""

from collections.abc import Iterator

from provisioner.core.diff.change import Action
from provisioner.core.model.money import show_money
from provisioner.core.plan.document import ChangeDocument, EditDocument, ShownPlan
from provisioner.views.plan.groups import Group, alike, group
from provisioner.views.plan.values import show_sides
from provisioner.views.values import count, inert, listed, show_amount, show_row
from provisioner.views.wrap import wrap_lines

NO_CHANGES = "No changes. Stripe matches the configuration."
NO_CHANGES_OF_A_PART = "No changes. Stripe matches this part of the configuration."
NO_CHANGES_BUT = "No changes. What is pending is in the notes."
STOPPED = "Guardrails stop this plan: apply writes nothing (exit code 3)"
OUTSIDE = "Changed outside of provisioner (this plan reverts it)"
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
    "adopt": "will be adopted",
    "top_up": "will be topped up",
    "rename": "will be renamed",
    "mark": "will be marked",
}
COUNTED = ("create", "update", "replace", "retire", "adopt")
BOOKKEEPING = ("rename", "mark")  # counted where there are any
MANY = 5  # so many changes alike are told as one
NAMES = 12  # so many of their addresses are named


def plan_text(document: ShownPlan, width: int | None = None) -> str:
    """
    Write a plan's document as text, ending in the line that counts.

    Lines are broken at `width` columns where it is given, as for a terminal; a log wants them whole.
    """
    lines = [*blast_lines(document)] if document.changes else []
    if outside := [*outside_lines(document)]:
        lines += ["", OUTSIDE, *(f"  {line}" for line in outside)]
    for one in group(document.changes, alike, MANY):
        lines += ["", *group_lines(one, NAMES, width * 3 // 5 if width else None)]
    for note in document.notes:
        about = f"{inert(note.address)}: " if note.address else ""
        lines += ["", f"Note: {about}{inert(note.text)}"]
    if stops := stop_lines(document):
        lines += ["", STOPPED, *(f"  ! {text}" for text in stops)]
    lines += ["", summary_line(document)]
    return "\n".join(wrap_lines(lines, width)).lstrip("\n") + "\n"


def summary_line(document: ShownPlan) -> str:
    """`Plan: 2 to create, ...; top up $300.00.`, or the sentence that says there is nothing to do."""
    if not document.changes:
        if any(note.pending for note in document.notes):
            return NO_CHANGES_BUT
        return NO_CHANGES_OF_A_PART if document.left_out else NO_CHANGES
    numbers = document.summary.counts
    named = [*COUNTED, *(action for action in BOOKKEEPING if numbers[action])]
    counts = ", ".join(f"{numbers[action]} to {action}" for action in named)
    moved = [show_money(money.amount, money.currency) for money in document.blast_radius.money]
    money = inert(listed(moved))
    return f"Plan: {counts}; top up {money}." if money else f"Plan: {counts}."


def stop_lines(document: ShownPlan) -> list[str]:
    """Which guardrails would stop an apply of the plan, and what would let it pass."""
    return [inert(stop.text) for stop in document.stopped_by]


def blast_radius(document: ShownPlan) -> dict[str, str]:
    """What a plan costs at worst: what is asked, and the answer in words."""
    blast = document.blast_radius
    money = [show_money(each.amount, each.currency) for each in blast.money]
    exposure = [
        f"{'unlimited' if e.amount is None else show_money(e.amount, e.currency)} ({e.currency})"
        for e in blast.exposure_added
    ]
    return {
        "money that moves": inert(", ".join(money)) or "none",
        "exposure added a month": inert(", ".join(exposure)) or "none",
        "cards that newly spend": f"{blast.cards_activated:,}" if blast.cards_activated else "none",
        "final, cannot be undone": f"{blast.final:,}" if blast.final else "none",
    }


def blast_lines(document: ShownPlan) -> Iterator[str]:
    """The blast radius, a line for each question."""
    yield "Blast radius"
    for name, answer in blast_radius(document).items():
        yield f"  {name + ':':<24} {answer}"


def outside_lines(document: ShownPlan) -> Iterator[str]:
    """What others have changed in Stripe and the plan would change back, a line for each value."""
    for change in document.changes:
        for edit in change.edits:
            if edit.moved in ("live", "both"):
                sides = zip((edit.before, edit.after), show_sides(edit), strict=True)
                before, after = ("unset" if value is None else shown for value, shown in sides)
                both = "; the configuration changed too" if edit.moved == "both" else ""
                name = f"{inert(change.address)}: {inert(edit.path)}"
                yield f"{name} is {before}{show_row(edit.row)}, and becomes {after}{both}"


def headline(change: ChangeDocument) -> str:
    """What will happen to one address, in words."""
    said = HEADLINES.get(change.counted_as) or ("will be canceled" if change.final else "will be deactivated")
    return f"{said} [final]" if change.final else said


def group_lines(one: Group, names: int, column: int | None = None) -> Iterator[str]:
    """
    A change, or many alike with at most `names` of their addresses, and of adoptions all with their ids.

    Values stand in one column, or right behind their names where that is beyond `column`.
    """
    change, number = one.first, len(one.changes)
    if number == 1:
        identity = f" ({inert(change.id)})" if change.id else ""
        said = headline(change)
        said = f"{said.removesuffix(' [final]')}{identity}{' [final]' if change.final else ''}"
        yield f"  # {inert(change.address)} {said}: {inert(change.reason)}"
        yield f"  {SYMBOLS[change.counted_as]} {inert(change.kind)}"
    else:
        yield f"  # {count(number, inert(change.kind))} {headline(change)}: {inert(change.reason)}"
        yield f"  {SYMBOLS[change.counted_as]} {count(number, inert(change.kind))}"
    if change.money:
        yield f"      + amount = {inert(show_amount(*change.money))}"
    width = max((len(inert(edit.path)) for edit in change.edits), default=0)
    width = 0 if column and width > column else width  # a change's values stand in one column, or in none
    differing = one.differing() if number > 1 else {}
    for edit in change.edits:
        yield _edit(edit, width, differing.get(edit.path, 0))
    if number > 1 and change.action is Action.ADOPT:  # which is which is the question then
        yield from (f"      {inert(each.address)} ({inert(each.id or '')})" for each in one.changes)
    elif number > 1:
        yield f"      {addresses(one.changes, names)}"


def addresses(changes: tuple[ChangeDocument, ...], names: int) -> str:
    """Some addresses by name, the others by their number."""
    named = ", ".join(inert(change.address) for change in changes[:names])
    more = len(changes) - names
    return f"{named} and {more:,} more" if more > 0 else named


def _edit(edit: EditDocument, width: int, differing: int) -> str:
    before, after = show_sides(edit)
    tail = "  # forces replacement" if edit.forces_replacement else ""
    name = inert(edit.path).ljust(width)
    if differing:
        symbol = "+" if edit.before is None else "-" if edit.after is None else "~"
        return f"      {symbol} {name} = ({differing:,} different values){tail}"
    tail = show_row(edit.row) + tail
    if edit.before is None:
        return f"      + {name} = {after}{tail}"
    if edit.after is None:
        return f"      - {name} = {before} -> unset{tail}"
    return f"      ~ {name} = {before} -> {after}{tail}"
