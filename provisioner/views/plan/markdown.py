"""The plan as one comment on a pull request: blast radius first, never too long, never broken."""

from collections.abc import Iterator, Sequence
from itertools import islice

from provisioner.core.diff.change import Action
from provisioner.core.model.money import show_money
from provisioner.core.plan.document import ShownPlan
from provisioner.views.plan.groups import Group, akin, alike, group
from provisioner.views.plan.text import (
    STOPPED,
    addresses,
    blast_radius,
    group_lines,
    headline,
    stop_lines,
    summary_line,
)
from provisioner.views.plan.values import show_power
from provisioner.views.safe_markdown import as_diff, clip, code, fence, plain, size, tag
from provisioner.views.values import count

LONGEST = 60_000  # GitHub takes 65,536 characters; what stands around the comment is the caller's
NAMES = 30
MOST_GROUPS = 150  # more are no longer read one by one
MOST_NOTES = 40
RESERVE = 1_500
TRIES = 50
ORDER = (Action.RETIRE, Action.REPLACE, Action.TOP_UP, Action.UPDATE, Action.CREATE, Action.ADOPT)


def plan_markdown(document: ShownPlan, longest: int = LONGEST) -> str:
    """
    Write a plan's document as Markdown of at most `longest` bytes.

    Changes that do the same are told as one; where even so there are too many, those that touch the same
    fields are; and what does not fit is counted. Values appear in code only.
    """
    head = _head(document)
    changes = document.changes
    groups = sorted(group(changes, alike, 2), key=_weight)
    text = _with_groups(head, groups, longest) if len(groups) <= MOST_GROUPS else None
    if text is None:
        text = _shortened(head, sorted(group(changes, akin, 2), key=_weight), longest)
    return text


def _with_groups(head: str, groups: Sequence[Group], longest: int) -> str | None:
    """All groups in full, or None where they do not fit."""
    parts, used = [head], size(head)
    for one in groups:
        parts.append(_block(one))
        used += size(parts[-1]) + 2
        if used > longest:
            return None
    return "\n\n".join(parts) + "\n"


def _shortened(head: str, groups: Sequence[Group], longest: int) -> str:
    """As many groups as fit, the heaviest first, and a count of the rest."""
    parts, used, missing, misses = [head], size(head), 0, 0
    for one in groups:
        block = _block(one) if misses < TRIES else ""
        if block and used + size(block) + 2 <= longest - RESERVE:
            parts.append(block)
            used += size(block) + 2
        else:
            missing += len(one.changes)
            misses += 1
    if missing:
        parts.append(
            f"**{missing:,} more changes do not fit here.** For all: `provisioner show` with the saved plan, "
            "or its HTML page."
        )
    return "\n\n".join(parts) + "\n"


def _weight(one: Group) -> tuple[bool, bool, int]:
    """What a reader must see first: what is final, then what gives spending power, then by action."""
    gives = any(change.gives_power for change in one.changes)
    place = len(ORDER) if one.first.bookkeeping else ORDER.index(one.first.action)
    return (not one.first.final, not gives, place)


def _head(document: ShownPlan) -> str:
    parts = [
        f"### Plan for {code(document.project)} ({code(document.mode)} mode)",
        f"**{plain(clip(summary_line(document), 500))}**",
    ]
    if document.changes:
        parts.append(_blast(document))
        parts += _alerts(document)
    if lines := [*_exposure(document)]:
        parts.append(_details("Spending exposure a month, by team", fence(lines, "text")))
    if notes := document.notes:
        told = (f"{n.address}: {n.text}" if n.address else n.text for n in notes[:MOST_NOTES])
        more = [f"and {len(notes) - MOST_NOTES:,} more"] if len(notes) > MOST_NOTES else []
        body = fence([clip(t, 400) for t in [*told, *more]], "text")
        parts.append(_details(count(len(notes), "note"), body, is_open=not document.changes))
    return "\n\n".join(parts)


def _blast(document: ShownPlan) -> str:
    rows = ["| Blast radius | |", "|---|---|"]
    for name, answer in blast_radius(document).items():
        cell = answer if answer == "none" else f"**{plain(clip(answer, 300))}**"
        rows.append(f"| {name} | {cell} |")
    gives = sum(change.gives_power for change in document.changes)
    rows.append(f"| changes that give spending power | {f'**{gives:,}**' if gives else 'none'} |")
    return "\n".join(rows)


def _alerts(document: ShownPlan) -> Iterator[str]:
    """What stops the plan, and what of it cannot be undone."""
    if stops := stop_lines(document):
        more = [f"and {len(stops) - NAMES:,} more"] if len(stops) > NAMES else []
        lines = ["[!WARNING]", f"**{STOPPED}**", *fence([*stops[:NAMES], *more], "text").split("\n")]
        yield "\n".join(f"> {line}" for line in lines)
    if final := [code(change.address) for change in document.changes if change.final]:
        named = ", ".join(final[:NAMES])
        named += f" and {len(final) - NAMES:,} more" if len(final) > NAMES else ""
        yield f"> [!CAUTION]\n> {count(len(final), 'change')} cannot be undone: {named}"


def _exposure(document: ShownPlan) -> Iterator[str]:
    rows = document.outlook.exposure
    moved = [row for row in rows if row.before != row.after]
    several = len({row.currency for row in rows}) > 1
    named = [
        (row.team or f"{row.others:,} others") + (f" ({row.currency.upper()})" if several else "")
        for row in moved
    ]
    width = min(40, max(map(len, named), default=0))
    for name, row in islice(zip(named, moved, strict=True), MOST_NOTES):
        before, after = (show_power(power, row.currency) for power in (row.before, row.after))
        yield f"{clip(name, 60).ljust(width)}  {before} -> {after}"


def _block(one: Group) -> str:
    change, number = one.first, len(one.changes)
    gives = sum(each.gives_power for each in one.changes)
    title = f"{tag(change.address if number == 1 else count(number, change.kind))} {headline(change)}"
    lines = [as_diff(line) for line in islice(group_lines(one, NAMES), 2, 400)]
    if change.money:
        title += f": {plain(clip(show_money(*change.money), 60))}"
    elif len(change.edits) == 1:
        title += f": {tag(clip(lines[0].removeprefix('! '), 120))}"
    if 0 < gives < number:
        title += f"; {gives:,} of them give spending power"
    if not change.edits and not change.money:
        lines = [f"- {addresses(one.changes, NAMES)}"]  # what ends, or ends for another to take its place
    return _details(title, fence([f"# {change.reason}", *lines], "diff"))


def _details(title: str, body: str, *, is_open: bool = False) -> str:
    return f"<details{' open' if is_open else ''}><summary>{title}</summary>\n\n{body}\n\n</details>"
