"""Finds the scenarios whose outcome a plan changes, by simulating each before and after the changes."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioner.core.diff.change import Action, Change, Note, fields_after
from provisioner.core.model.config import Config
from provisioner.core.model.resource import Address, Live, Ref
from provisioner.core.model.scenario import Course, Facts, Scenario, Unsure
from provisioner.core.purchases.generate import hides
from provisioner.core.purchases.simulator import simulate
from provisioner.core.schema.kind import Kind

SECTION = "scenarios"
MOVING = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.RETIRE)


def flips(
    kinds: Iterable[Kind], config: Config, live: Mapping[Address, Live], changes: Iterable[Change]
) -> Iterator[Note]:
    """
    Yield a note for every scenario whose outcome the changes alter.

    Both answers are simulated offline, as if the scenario's purchases were the only ones. A card that is not
    in Stripe yet has no answer before the plan, so creating it changes no outcome. A scenario without its
    card is reported as a likely mistake instead.
    """
    if not config.scenarios:
        return
    by_name = {kind.name: kind for kind in kinds}
    chosen = {change.address: change for change in changes if change.action in MOVING}
    moved = {address: fields_after(by_name[c.kind], c) for address, c in chosen.items()}
    for scenario in config.scenarios:
        card = live.get(scenario.card)
        if card is None or card.final or scenario.card not in config.declared:
            continue
        before = _simulated(scenario, card.fields, live, {}, fresh=False)
        change = chosen.get(scenario.card)
        renewed = change is not None and change.action is Action.REPLACE
        later = _simulated(scenario, moved.get(scenario.card, card.fields), live, moved, fresh=renewed)
        if _gist(scenario, before) != _gist(scenario, later):
            hidden = hides(scenario.card, config.declared)
            was, becomes = _outcome(scenario, before), _outcome(scenario, later)
            said = f"changes from {was} to {becomes}"
            if was == becomes:
                said = f"is still {was}, for another reason"
            today = f"until now, {before.answer.why}" if before.answer.why else ""
            why = "" if hidden else later.answer.why or today
            expected = "approved" if scenario.approved else "declined"
            text = f"{said} (expected: {expected}{f'; {why}' if why else ''})"
            yield Note(f"{SECTION}.{scenario.name}", text)


def _simulated(
    scenario: Scenario,
    card: Mapping[str, Any],
    live: Mapping[Address, Live],
    moved: Mapping[Address, Mapping[str, Any]],
    *,
    fresh: bool,
) -> Course:
    reference = card.get("cardholder")
    holder: Mapping[str, Any] = {}
    if isinstance(reference, Ref):
        found = live.get(reference.address)
        holder = moved.get(reference.address, found.fields if found else {})
    return simulate(scenario, Facts(card, holder, available=scenario.balance, fresh=fresh))


def _gist(scenario: Scenario, course: Course) -> tuple[Any, ...]:
    """
    Return the parts of an outcome that are compared: the answer, the purchase that it is for, and whether it
    is as expected.
    """
    approved = None if isinstance(course.answer, Unsure) else course.answer.approved
    return approved, course.place, course.fulfils(scenario)


def _outcome(scenario: Scenario, course: Course) -> str:
    answer = course.answer
    said = "unknown" if isinstance(answer, Unsure) else "approved" if answer.approved else "declined"
    if course.place < len(scenario.after):
        return f"{said} at earlier purchase {course.place + 1} of {len(scenario.after)}"
    return said
