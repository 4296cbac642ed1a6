"""Which scenarios a plan turns over: the answer today, from what is live, against the one afterwards."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioner.core.boundaries import hides
from provisioner.core.change import Action, Change, Note
from provisioner.core.model import Address, Config, Live, Ref
from provisioner.core.scenario import Course, Facts, Scenario, Unsure
from provisioner.core.simulate import simulate

SECTION = "scenarios"
MOVING = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.RETIRE)


def flips(config: Config, live: Mapping[Address, Live], changes: Iterable[Change]) -> Iterator[Note]:
    """
    Name every scenario that ends otherwise once the changes are made.

    Both answers are told offline, each from a clean past. A card that is not live yet has no answer
    today, so a plan that creates it flips nothing.
    """
    moved = {change.address: change for change in changes if change.action in MOVING}
    for scenario in config.scenarios:
        card = live.get(scenario.card)
        if card is None or card.final:
            continue
        before = _simulated(scenario, card.fields, live, {}, fresh=False)
        change = moved.get(scenario.card)
        renewed = change is not None and change.action is Action.REPLACE
        later = _simulated(scenario, after(card, change), live, moved, fresh=renewed)
        if _gist(scenario, before) != _gist(scenario, later):
            hidden = scenario.card not in config.declared or hides(scenario.card, config.declared)
            yield Note(f"{SECTION}.{scenario.name}", _words(scenario, before, later, hidden=hidden))


def after(live: Live, change: Change | None) -> Mapping[str, Any]:
    """The fields of an object once a change to it is made; a replacement is what is declared, no more."""
    if change is None or change.declared is None:
        ended = change is not None and change.action is Action.RETIRE
        return {**live.fields, "status": "inactive"} if ended else live.fields
    wanted = change.declared.fields
    if change.action is Action.REPLACE:
        return wanted
    fields = dict(live.fields)
    for edit in change.edits:
        top, _, rest = edit.path.partition(".")
        if not rest or not isinstance(fields.get(top, {}), Mapping):
            fields[top] = wanted.get(top, edit.after)
        else:
            name = rest.partition(".")[0].partition("[")[0]
            inner = {**fields.get(top, {}), name: wanted.get(top, {}).get(name)}
            fields[top] = {key: value for key, value in inner.items() if value is not None}
    return {name: value for name, value in fields.items() if value is not None}


def _simulated(
    scenario: Scenario,
    card: Mapping[str, Any],
    live: Mapping[Address, Live],
    moved: Mapping[Address, Change],
    *,
    fresh: bool,
) -> Course:
    holder = _holder(card.get("cardholder"), live, moved)
    return simulate(scenario, Facts(card, holder, available=scenario.balance, fresh=fresh))


def _holder(
    reference: Any, live: Mapping[Address, Live], moved: Mapping[Address, Change]
) -> Mapping[str, Any]:
    if not isinstance(reference, Ref):
        return {}
    found, change = live.get(reference.address), moved.get(reference.address)
    if found is not None:
        return after(found, change)
    return change.declared.fields if change and change.declared else {}


def _gist(scenario: Scenario, course: Course) -> tuple[Any, ...]:
    """What must stay the same: what is answered at which purchase, and whether that is as expected."""
    approved = None if isinstance(course.answer, Unsure) else course.answer.approved
    return approved, course.place, course.fulfils(scenario)


def _words(scenario: Scenario, before: Course, later: Course, *, hidden: bool) -> str:
    said = f"{_outcome(scenario, before)} today, {_outcome(scenario, later)} after this plan"
    today = f"today {before.answer.why}" if before.answer.why else ""
    why = "" if hidden else later.answer.why or today
    expected = "approved" if scenario.approved else "declined"
    return f"{said} (expected: {expected}{f'; {why}' if why else ''})"


def _outcome(scenario: Scenario, course: Course) -> str:
    answer = course.answer
    said = "unknown" if isinstance(answer, Unsure) else "approved" if answer.approved else "declined"
    if course.place < len(scenario.after):
        return f"its earlier purchase {course.place + 1} of {len(scenario.after)} {said}"
    return said
