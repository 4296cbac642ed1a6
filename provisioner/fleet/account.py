"""
Runs one phase for one account, from its configuration to its outcome; errors are part of the outcome.

A plan must pass the account's own guardrails, and must not exceed what was planned for the whole fleet.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.apply import carry_out
from provisioner.core.approval.approve import above, capped
from provisioner.core.diff.change import Action, Change
from provisioner.core.diff.drift import find_drift
from provisioner.core.diff.find import Comparison
from provisioner.core.estate.fleet import AccountRow
from provisioner.core.model.config import Guardrails
from provisioner.core.model.errors import GuardrailError, ProvisionerError, StaleError
from provisioner.core.model.json_document import MovedMoney
from provisioner.core.model.snapshot import issuing_rows
from provisioner.core.plan.guardrails import judge, unapproved
from provisioner.core.plan.plan import Plan, with_changes
from provisioner.core.schema.kind import Kind
from provisioner.engine.apply.execute import Outcome as Ending
from provisioner.engine.apply.journal import line
from provisioner.fleet.job import Ceiling, Job
from provisioner.fleet.outcome import CHANGES, DONE, ERROR, MOST_PROBLEMS, AccountOutcome
from provisioner.fleet.worker_context import Meter, WorkerContext, configuration, open_account

log = logging.getLogger(__name__)


def run_account(site: WorkerContext, job: Job) -> AccountOutcome:
    """Run a job. Never raises, so that no traceback with secret values leaves a worker."""
    begun = time.monotonic()
    meter = Meter(site.gate)
    blank = AccountOutcome(job.phase, job.account.id, job.account.name, DONE)
    try:
        if job.phase == "check":
            configuration(site, job)
            outcome = blank
        else:
            outcome = _DEEDS[job.phase](open_account(site, job, meter), job, blank)
    except ProvisionerError as error:
        outcome = replace(blank, code=error.exit_code, problems=_few(str(error).splitlines()))
    except Exception as error:  # noqa: BLE001 - one failed account must not stop the others
        log.debug("%s failed: %s", job.account.id, type(error).__name__)
        says = f"internal error ({type(error).__name__}); please report it"
        outcome = replace(blank, code=ERROR, problems=(says,))
    seconds = round(time.monotonic() - begun, 3)
    return replace(outcome, requests=meter.requests, seconds=seconds, worker=site.who)


def _few(problems: list[str]) -> tuple[str, ...]:
    more = len(problems) - MOST_PROBLEMS
    return (*problems[:MOST_PROBLEMS], *([f"and {more} more"] if more > 0 else []))


def _plan(account: Account, job: Job, blank: AccountOutcome) -> AccountOutcome:
    return _planned(account, account.plan(account.compare()), job, blank)


def _planned(account: Account, plan: Plan, job: Job, blank: AccountOutcome) -> AccountOutcome:
    return replace(
        blank,
        code=CHANGES if plan.changes else DONE,
        counts={**plan.summary, "pending": sum(note.pending for note in plan.notes)},
        money=tuple(MovedMoney(currency, amount) for amount, currency in plan.blast.money),
        ends=ends(plan),
        ceiling=ceiling_of(plan),
        stopped_by=stopped(plan, account.config.guardrails, job.approve),
    )


def _apply(account: Account, job: Job, blank: AccountOutcome) -> AccountOutcome:
    plan = account.plan(account.compare())
    plan = approved(account.kinds, plan, account.config.guardrails, job.ceiling, job.approve)
    steps: list[Mapping[str, str]] = []
    report = carry_out(account, plan, lambda result: steps.append({"account": blank.account, **line(result)}))
    money: Counter[str] = Counter()
    for result in report.of(Ending.DONE):
        if result.step.does == "top up":
            money[str(result.step.call.params["currency"])] += int(result.step.call.params["amount"])
    missed = [result for result in report.results if result.outcome is not Ending.DONE]
    left = {result.step.address for result in missed}
    done = Counter(
        change.bookkeeping or str(change.action)
        for change in plan.changes
        if change.address not in left and change.action is not Action.TOP_UP
    )
    return replace(
        blank,
        code=report.exit_code,
        counts={**done, **{str(ending): len(report.of(ending)) for ending in Ending}},
        money=tuple(MovedMoney(*each) for each in money.items()),
        ends=ends(plan),
        problems=_few([f"{result.step.address}: {result.reason}" for result in missed]),
        steps=tuple(steps),
    )


def _drift(account: Account, _job: Job, blank: AccountOutcome) -> AccountOutcome:
    return _drifted(_moves(account, account.compare()), blank)


def _drifted(counts: dict[str, int], blank: AccountOutcome) -> AccountOutcome:
    return replace(blank, code=CHANGES if counts["drift"] else DONE, counts=counts)


def _moves(account: Account, seen: Comparison) -> dict[str, int]:
    found = seen.differences
    drifts = find_drift(account.kinds, account.config, seen.inventory, found.changes, found.notes)
    return {
        "drift": sum(drift.counts for drift in drifts),
        "broadening": sum(drift.counts and drift.direction.value == "broadening" for drift in drifts),
        "pending": sum(drift.waits for drift in drifts),
        "warnings": sum(drift.warns for drift in drifts),
    }


def _status(account: Account, _job: Job, blank: AccountOutcome) -> AccountOutcome:
    """Count what the account contains; no number makes the account fail."""
    seen = account.compare()
    world, estates = seen.snapshot, seen.inventory.estates
    lives = {name: list(estate.current.values()) for name, estate in estates.items()}
    available = issuing_rows(world.balance)
    facts = {
        **{f"{name}s": len(found) for name, found in lives.items()},
        "active": sum(live.status == "active" for live in lives.get("card", ())),
        "available": [{"currency": each["currency"], "amount": each["amount"]} for each in available],
    }
    return replace(blank, counts=_moves(account, seen), facts=facts)


def _look(account: Account, job: Job, blank: AccountOutcome) -> AccountOutcome:
    """Read the account once, for all that a page about the fleet shows; no number makes it fail."""
    seen = account.compare()
    plan, lives = account.plan(seen), seen.inventory.estates
    cards = [live for name, estate in lives.items() if name == "card" for live in estate.current.values()]
    exposure: Counter[str] = Counter()
    for team in plan.outlook.exposure:
        exposure[team.currency] += team.before.amount
    row = AccountRow(
        id=blank.account,
        name=blank.name,
        labels=job.account.labels,
        at=seen.snapshot.now or int(time.time()),
        plan=_planned(account, plan, job, replace(blank, phase="plan")).line,
        drift=_drifted(_moves(account, seen), replace(blank, phase="drift")).line,
        cards=len(cards),
        active=sum(live.status == "active" for live in cards),
        balances=plan.outlook.balances,
        exposure=exposure,
        unlimited=sum(team.before.unlimited for team in plan.outlook.exposure),
    )
    return replace(blank, row=row)


def ends(plan: Plan) -> int:
    """
    Return the number of objects that a plan retires or replaces, including leftovers of interrupted
    replacements.
    """
    return sum(change.action in (Action.RETIRE, Action.REPLACE) for change in plan.changes)


def ceiling_of(plan: Plan) -> Ceiling:
    """Return the limits that an account's plan sets for the apply that follows."""
    return Ceiling(
        top_up={currency: amount for amount, currency in plan.blast.money},
        ends=ends(plan),
        exposure=plan.blast.exposure,
        activated=plan.blast.activated,
        replaced=frozenset(str(each.address) for each in plan.changes if each.action is Action.REPLACE),
    )


def stopped(plan: Plan, limits: Guardrails, approve: str | None) -> tuple[str, ...]:
    """Return why an account's own guardrails would block an apply of its plan; empty if they would not."""
    word = unapproved(plan, limits, approve)
    dangers = (
        f"{danger.text}; only `provisioner apply` for this account can allow it"
        for danger in judge(plan, limits, {})
    )
    return (*dangers, *([word] if word else []))


def approved(
    kinds: Sequence[Kind], plan: Plan, limits: Guardrails, ceiling: Ceiling | None, approve: str | None
) -> Plan:
    """
    Return the plan, with its top-ups reduced to what was planned.

    A top-up in a currency for which none was planned waits for the next run. Raises GuardrailError, and
    StaleError if more objects would end, more cards would be activated or more exposure would be added than
    planned.
    """
    if dangers := stopped(plan, limits, approve):
        raise GuardrailError("\n".join(dangers))
    if ceiling is None:
        return plan
    if ends(plan) > ceiling.ends:
        raise StaleError(
            f"{ends(plan)} objects would be retired or replaced, but {ceiling.ends} were planned; plan again"
        )
    if more := [*above(kinds, plan, ceiling.exposure, ceiling.activated, ceiling.replaced)]:
        raise StaleError(f"{'; '.join(more)}; plan again")
    changes: list[Change] = []
    for change in plan.changes:
        if change.action is not Action.TOP_UP:
            changes.append(change)
        elif most := ceiling.top_up.get(change.params["currency"], 0):
            changes.append(capped(change, most))
    return plan if tuple(changes) == plan.changes else with_changes(plan, tuple(changes))


_DEEDS: Mapping[str, Callable[[Account, Job, AccountOutcome], AccountOutcome]] = {
    "plan": _plan,
    "apply": _apply,
    "drift": _drift,
    "status": _status,
    "look": _look,
}
