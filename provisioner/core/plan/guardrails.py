"""Guardrails: limits on a plan as a whole. A person can exceed each one only by giving a number."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.diff.change import Action, Change, Edit, Note
from provisioner.core.model.config import Guardrails
from provisioner.core.model.money import Money, show_money, show_number
from provisioner.core.model.resource import Address
from provisioner.core.model.words import count
from provisioner.core.ownership.reissue import reissued_for
from provisioner.core.plan.document import Stop
from provisioner.core.plan.plan import Plan
from provisioner.core.schema.field import Direction

# the number that represents unlimited exposure, and the word that a person must give for it
UNLIMITED, ENDLESS = 999_999_999_999, "unlimited"
DECLINED = "declined"
UNJUDGED = (
    "guardrails.max_declined_purchases is not checked without past purchases; "
    "to check it, pass --backtest 90d"
)
FEW, SHARE = 10, 0.3  # of ten or more objects of a kind, at most 30% may end without --allow


class Danger(Struct, frozen=True):
    """A limit that a plan exceeds, with the number that would allow it."""

    name: str
    """Name of the guardrail; with `.of` (`retired.cards`) if the plan exceeds several of the same name."""
    text: str
    """A sentence that says which limit the plan exceeds, and by how much."""
    number: int
    """Count, or an amount in minor units."""
    of: str = ""
    """The section or currency that the number counts; empty if there is only one."""
    currency: str = ""
    """Currency of an amount; empty for a count."""
    addresses: tuple[Address, ...] = ()
    """The resources concerned, for guardrails that check each resource."""

    def __str__(self) -> str:
        return f"{self.text}; to allow it once, pass --allow {self.allow}"

    @property
    def allow(self) -> str:
        """Return the value for `--allow` that lets the plan pass this limit."""
        if self.number == UNLIMITED:
            return f"{self.name}={ENDLESS}"
        if self.currency:  # without a space, so that no shell needs quotes
            amount = f"{show_number(self.number, self.currency)}{self.currency.upper()}"
            return f"{self.name.partition('.')[0]}={amount}"
        return f"{self.name}={self.number}"


def judge(plan: Plan, limits: Guardrails, allowed: Mapping[str, int]) -> tuple[Danger, ...]:
    """Return the guardrails that block this plan; `allowed` has the numbers given with `--allow`."""
    counted = (
        *_protected(plan),
        *_stranded(plan),
        *_reverted(plan),
        *_retired(plan, limits),
        *_activated(plan, limits),
        *_declined(plan, limits),
    )
    dangers = (*counted, *_money(plan, limits))
    return standing(dangers, allowed)


def stops(plan: Plan, limits: Guardrails, *, approved: bool = False) -> tuple[Stop, ...]:
    """
    Return the guardrails that would block an apply of this plan, by the rules of the apply.

    With `approved`, the plan is a saved one, which is approved by whoever applies it.
    """
    dangers = [Stop(danger.name, str(danger), danger.number) for danger in judge(plan, limits, {})]
    word = "" if approved else unapproved(plan, limits, None)
    return (*dangers, *([Stop("require_approval", word)] if word else []))


def standing(dangers: Sequence[Danger], allowed: Mapping[str, int]) -> tuple[Danger, ...]:
    """
    Return the exceeded limits that are not covered by the numbers of `--allow`.

    A number without a currency or a section counts only if its meaning is unambiguous: an amount in cents
    that was meant for dollars does not allow euros.
    """
    names = Counter(danger.name for danger in dangers)
    left = []
    for danger in dangers:
        full = f"{danger.name}.{danger.of}"
        alone = names[danger.name] == 1
        if max(allowed.get(full, -1), allowed.get(danger.name, -1) if alone else -1) < danger.number:
            left.append(danger if alone else replace(danger, name=full))
    return tuple(left)


def still_stopped(shown: Iterable[Stop], allowed: Mapping[str, int]) -> tuple[Stop, ...]:
    """
    Return the guardrails that a saved plan shows as blocking and that no given number covers.

    They apply whatever the configuration says now, because whoever approved the plan has read that it needs
    these numbers.
    """
    left = []
    for stop in shown:
        # the number that was given for it, or for its only currency or kind
        parts = [number for each, number in allowed.items() if each.startswith(f"{stop.guardrail}.")]
        named = max(allowed.get(stop.guardrail, -1), parts[0] if len(parts) == 1 else -1)
        if stop.number is not None and named < stop.number:
            left.append(stop)
    return tuple(left)


def unapproved(plan: Plan, limits: Guardrails, approve: str | None) -> str:
    """
    Return why an unattended plan needs explicit approval; empty if it does not, or if `approve` is
    given.
    """
    if approve or not limits.require_approval:
        return ""
    gives = sorted({str(step.address) for step in plan.steps if step.direction is Direction.BROADENING})
    if not gives:
        return ""
    return (
        f"this plan raises spending ({_few(gives)}); guardrails.require_approval requires "
        "--approve broadening with --auto-approve"
    )


def _protected(plan: Plan) -> Iterator[Danger]:
    found = tuple(
        change.address
        for change in plan.changes
        if change.action in (Action.REPLACE, Action.RETIRE) and change.live and change.live.stamp.protect
    )
    if found:
        names = _few([*map(str, found)])
        text = f"{count(len(found), 'protected resource')} would be retired or replaced ({names})"
        yield Danger("protected", text, len(found), addresses=found)


def _stranded(plan: Plan) -> Iterator[Danger]:
    """Yield a danger if working cards would end, and their replacements could not be activated."""
    found = tuple(change.address for change in plan.changes if change.stranded)
    if found:
        one = len(found) == 1
        ends = "card would end, and its replacement" if one else "cards would end, and their replacements"
        names = _few([*map(str, found)])
        text = f"{len(found)} working {ends} cannot be activated ({names}); see the notes"
        yield Danger("stranded", text, len(found), addresses=found)


def _reverted(plan: Plan) -> Iterator[Danger]:
    """Yield a danger if an apply would raise spending that somebody has lowered in Stripe."""
    found = {
        change.address: ", ".join([*map(_way_back, back), *map(_lost, change.loosened)])
        for change in plan.changes
        if (back := [edit for edit in change.edits if edit.reverts_tightening]) or change.loosened
    }
    if found:
        what = "a tightening" if len(found) == 1 else f"{len(found)} tightenings"
        said = "; ".join(f"{address}: {ways}" for address, ways in found.items())
        text = (
            f"this plan reverts {what} made outside of provisioner ({said}). To keep what is in "
            "Stripe, set the same value in the configuration"
        )
        yield Danger("reverted", text, len(found), addresses=tuple(found))


def _way_back(edit: Edit) -> str:
    values = [
        show_money(value, edit.currency) if edit.currency and type(value) is int else value
        for value in (edit.before, edit.after)
    ]
    is_plain = all(isinstance(value, str | int) for value in values)
    return f"{edit.path} {values[0]} -> {values[1]}" if is_plain else edit.path


def _lost(path: str) -> str:
    return f"{path}, which the replacement will not have"


def _is_replaced(change: Change) -> bool:
    """Return True if an object is replaced by another, and nobody requested this explicitly."""
    return (
        change.action is Action.REPLACE
        and change.declared is not None
        and change.live is not None
        and not reissued_for(change.declared, change.live)
    )


def _retired(plan: Plan, limits: Guardrails) -> Iterator[Danger]:
    replaced = any(_is_replaced(change) for change in plan.changes)
    ends = "retired or replaced" if replaced else "retired"
    by_kind = Counter(
        change.kind
        for change in plan.changes
        # an address loses its object; leftovers of interrupted replacements were counted before
        if (change.action is Action.RETIRE and change.id == plan.ids.get(change.address))
        or _is_replaced(change)
    )
    total = sum(by_kind.values())
    if limits.max_retired is not None:
        if total > limits.max_retired:
            text = f"{count(total, 'resource')} would be {ends} (max_retired: {limits.max_retired})"
            yield Danger("retired", text, total)
        if total > limits.max_retired or not limits.keeps_share:
            return
    for kind, number in sorted(by_kind.items()):
        if (there := plan.totals.get(kind, 0)) >= FEW and number > there * SHARE:
            text = f"{number} of {there} {kind}s would be {ends}, more than {SHARE:.0%}"
            yield Danger("retired", text, number, f"{kind}s")


def _activated(plan: Plan, limits: Guardrails) -> Iterator[Danger]:
    number = plan.blast.activated
    if limits.max_activated is not None and number > limits.max_activated:
        cards = count(number, "card")
        text = f"{cards} would be activated (max_activated: {limits.max_activated})"
        yield Danger("activated", text, number)


def _declined(plan: Plan, limits: Guardrails) -> Iterator[Danger]:
    """
    Yield a danger if the plan would have declined too many past purchases, provided that these were
    read.
    """
    most = limits.max_declined_purchases
    number = plan.backtest.newly_declined.count if plan.backtest else 0
    if plan.backtest and most is not None and number > most:
        would = "would have been declined"
        text = f"{count(number, 'past purchase')} {would} (max_declined_purchases: {most})"
        cards = (each.address.partition(".") for each in plan.backtest.by_card if each.newly_declined)
        found = tuple(Address(section, name) for section, _, name in cards if name)
        yield Danger(DECLINED, text, number, addresses=found)


def unjudged(plan: Plan) -> Iterator[Note]:
    """Yield a note if the configuration limits declined purchases, but none were read."""
    if plan.changes and plan.backtest is None and plan.config.guardrails.max_declined_purchases is not None:
        yield Note("", UNJUDGED)


def _money(plan: Plan, limits: Guardrails) -> Iterator[Danger]:
    for amount, currency in plan.blast.money:
        text = f"top-ups of {show_money(amount, currency)} exceed"
        yield from over("top_up", text, Money(amount, currency), limits.max_top_up)
    for currency, added in plan.blast.exposure.items():
        number = UNLIMITED if added is None else added
        text = (
            f"unlimited added monthly exposure ({currency.upper()}) exceeds"
            if added is None
            else f"added monthly exposure of {show_money(added, currency)} exceeds"
        )
        yield from over("exposure_added", text, Money(number, currency), limits.max_exposure_added)


def over(name: str, text: str, money: Money, limits: Mapping[str, int]) -> Iterator[Danger]:
    """
    Yield a danger if an amount exceeds its limit; limits are by currency, in minor units.

    Once a limit names one currency, it applies to all money: the limit of every other currency is zero.
    `text` names what exceeds the limit, and ends with that verb.
    """
    most = limits.get(money.currency)
    if most is None and limits:
        missing = f"max_{name}, which has no limit for {money.currency.upper()}; add one there"
        full = f"{name}.{money.currency}"
        yield Danger(full, f"{text} {missing}", money.amount, currency=money.currency)
    elif most is not None and money.amount > most:
        text = f"{text} max_{name} ({show_money(most, money.currency)})"
        yield Danger(name, text, money.amount, money.currency, money.currency)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004
