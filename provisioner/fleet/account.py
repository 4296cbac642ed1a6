"""One phase for one account, from configuration to outcome; whatever goes wrong is that account's own."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.drift import find_drift
from provisioner.core.estate import survey
from provisioner.core.find import find_changes
from provisioner.core.plan import make_plan
from provisioner.core.problem import ProvisionerError
from provisioner.engine.execute import Outcome as Ending
from provisioner.engine.execute import Report, execute
from provisioner.engine.journal import line
from provisioner.fleet.ceiling import approved, ends, stopped
from provisioner.fleet.job import Job
from provisioner.fleet.outcome import CHANGES, DONE, ERROR, MOST_PROBLEMS, Outcome
from provisioner.fleet.site import Desk, Meter, Site, configuration, desk
from provisioner.kinds import KINDS

log = logging.getLogger(__name__)


def run_account(site: Site, job: Job) -> Outcome:
    """Do a job; never raises, so that no traceback with what it holds ever travels."""
    begun = time.monotonic()
    meter = Meter(site.gate)
    blank = Outcome(job.phase, job.account.id, job.account.name, DONE)
    try:
        outcome = _do(site, job, meter, blank)
    except ProvisionerError as error:
        outcome = replace(blank, code=error.exit_code, problems=_few(str(error).splitlines()))
    except Exception as error:  # noqa: BLE001 - one account's failure is its own
        log.debug("%s failed: %s", job.account.id, type(error).__name__)
        says = f"an error of provisioner's own ({type(error).__name__}); please report it"
        outcome = replace(blank, code=ERROR, problems=(says,))
    return replace(outcome, requests=meter.requests, seconds=time.monotonic() - begun, worker=site.who)


def _do(site: Site, job: Job, meter: Meter, blank: Outcome) -> Outcome:
    if job.phase == "check":
        configuration(site, job)
        return blank
    with desk(site, job, meter) as opened:
        return _DEEDS[job.phase](opened, blank)


def _few(problems: list[str]) -> tuple[str, ...]:
    more = len(problems) - MOST_PROBLEMS
    return (*problems[:MOST_PROBLEMS], *([f"and {more} more"] if more > 0 else []))


def _plan(opened: Desk, blank: Outcome) -> Outcome:
    plan = make_plan(KINDS, opened.config, opened.observe())
    return replace(
        blank,
        code=CHANGES if plan.changes else DONE,
        counts={**plan.summary, "pending": sum(note.pending for note in plan.notes)},
        money={currency: amount for amount, currency in plan.blast.money},
        ends=ends(plan),
        stopped_by=stopped(plan, opened.config.guardrails, opened.job.approve),
    )


def _apply(opened: Desk, blank: Outcome) -> Outcome:
    job = opened.job
    plan = make_plan(KINDS, opened.config, opened.observe())
    plan = approved(plan, opened.config.guardrails, job.ceiling, job.approve)
    steps: list[Mapping[str, str]] = []
    report = execute(
        plan,
        opened.writer,
        lambda result: steps.append({"account": blank.account, **line(result)}),
        opened.site.stop,
    )
    missed = [result for result in report.results if result.outcome is not Ending.DONE]
    return replace(
        blank,
        code=report.exit_code,
        counts={str(ending): len(report.of(ending)) for ending in Ending},
        money=_moved(report),
        ends=ends(plan),
        problems=_few([f"{result.step.address}: {result.reason}" for result in missed]),
        steps=tuple(steps),
    )


def _moved(report: Report) -> Mapping[str, int]:
    money: Counter[str] = Counter()
    for result in report.of(Ending.DONE):
        if result.step.does == "top up":
            money[str(result.step.call.params["currency"])] += int(result.step.call.params["amount"])
    return money


def _drift(opened: Desk, blank: Outcome) -> Outcome:
    counts = _moves(opened, opened.observe())
    return replace(blank, code=CHANGES if counts["drift"] else DONE, counts=counts)


def _moves(opened: Desk, world: Any) -> dict[str, int]:
    surveyed = survey(KINDS, opened.config, world)
    found = find_changes(KINDS, opened.config, world, surveyed)
    drifts = find_drift(KINDS, opened.config, surveyed, found.changes, found.notes)
    return {
        "drift": sum(drift.counts for drift in drifts),
        "broadening": sum(drift.counts and drift.direction.value == "broadening" for drift in drifts),
        "pending": sum(drift.waits for drift in drifts),
        "warnings": sum(drift.warns for drift in drifts),
    }


def _status(opened: Desk, blank: Outcome) -> Outcome:
    """What the account has; not one number of it makes the account fail."""
    world = opened.observe()
    estates = survey(KINDS, opened.config, world).estates
    lives = {name: list(estate.current.values()) for name, estate in estates.items()}
    available = (world.balance.get("issuing") or {}).get("available") or ()
    facts = {
        **{f"{name}s": len(found) for name, found in lives.items()},
        "active": sum(live.status == "active" for live in lives.get("card", ())),
        "available": [{"currency": each["currency"], "amount": each["amount"]} for each in available],
    }
    return replace(blank, counts=_moves(opened, world), facts=facts)


_DEEDS: Mapping[str, Callable[[Desk, Outcome], Outcome]] = {
    "plan": _plan,
    "apply": _apply,
    "drift": _drift,
    "status": _status,
}
