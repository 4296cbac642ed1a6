"""Disturbs an apply at one request, runs it again, and compares the result with an undisturbed apply."""

import random
import time
from collections.abc import Mapping

from msgspec import Struct

from provisioner.app.account import Account
from provisioner.app.apply import carry_out
from provisioner.app.ready import ready
from provisioner.chaos.killable_client import KEY, LIMITLESS, KillableClient, Killed
from provisioner.chaos.normalized_state import Picture, differences, picture
from provisioner.chaos.sandbox_fixture import SandboxFixture
from provisioner.chaos.scene import Scene
from provisioner.chaos.watch import Object, estate, moments, newest_event, too_wide
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ProvisionerError, StripeError
from provisioner.engine.apply.execute import Report
from provisioner.stripe_api.client import Transport

# What can happen at one request: a fault of the sandbox, once or from then on, or a kill of the process
# before the request is sent or before its response is received.
ONCE = ("drop_before", "drop_after", "truncate", "429", "500_before", "500_began", "500_after", "delay")
LASTING = {"outage": "drop_before", "deafness": "drop_after", "breakdown": "500_began", "muddle": "500_after"}
KILLS = ("kill_before", "kill_after")
DISTURBANCES = (*ONCE, *LASTING, *KILLS)
SLOW = 0.3  # seconds; longer than the client waits
PAUSES = (0, 0, 10, 90_000)  # seconds until the next run, for example until idempotency keys expire
LATER = 600
RUNS_AFTER = 3
HASTE = 200  # waits between attempts are shortened by this factor
LONGEST_WAIT = 0.006  # seconds


class Rehearsal(Struct, frozen=True):
    """An undisturbed apply of a scene."""

    scene: Scene
    """The configurations before and after."""
    asked: tuple[str, ...]
    """The requests of the apply."""
    since: str
    """The id of the newest event before the apply."""
    before: Mapping[str, Object]
    """The objects before the apply, by id."""
    after: Mapping[str, Object]
    """The objects after the apply, by id."""
    end: Picture
    """The state after the apply, without values that differ from run to run."""


class Cell(Struct, frozen=True):
    """One disturbance at one request."""

    disturbance: str
    """One of DISTURBANCES."""
    at: int
    """The number of the request, from 0."""
    pause: int = 0
    """The seconds until the next run."""

    def __str__(self) -> str:
        return f"{self.disturbance} at request {self.at + 1}, next run after {self.pause} s"


class CellVerdict(Struct, frozen=True):
    """The result of one cell."""

    cell: Cell
    """The disturbance."""
    runs: int
    """The number of runs after the disturbed one until nothing was left to do."""
    wrong: tuple[str, ...] = ()
    """Descriptions of what went wrong."""


def rehearse(arena: SandboxFixture, scene: Scene) -> Rehearsal:
    """
    Apply the scene without a disturbance; the plan after it must be empty.

    `arena` stores the state before the apply. Raises StripeError if the sandbox rejects the scene.
    """
    _complete(_apply(arena, scene.before, KillableClient(arena.base)))
    arena.advance(LATER)
    arena.keep()
    reader = arena.writer()
    since, before = newest_event(reader), estate(reader)
    client = KillableClient(arena.base)
    _complete(_apply(arena, scene.after, client))
    arena.advance(LATER)
    asked = tuple(client.asked)
    if not _is_quiet(arena, scene.after):
        raise StripeError("the plan after the apply is not empty")
    return Rehearsal(scene, asked, since, before, estate(reader), _state(arena, scene.after))


def cells(course: Rehearsal, seed: int, runs: int | None = None) -> list[Cell]:
    """
    Return every disturbance at every request, in an order that depends on the seed, or the first `runs`.

    The disturbances alternate, so that a few runs cover all of them.
    """
    rng = random.Random(seed)  # noqa: S311 - to be repeatable
    requests = range(len(course.asked))
    orders = {name: rng.sample(requests, len(requests)) for name in DISTURBANCES}
    every = [Cell(name, orders[name][turn], rng.choice(PAUSES)) for turn in requests for name in DISTURBANCES]
    return every[:runs]


def disturb(arena: SandboxFixture, course: Rehearsal, cell: Cell) -> CellVerdict:
    """Run a disturbed apply, apply again until nothing is left to do, and compare the results."""
    arena.put_back()
    if cell.disturbance not in KILLS:
        effect = LASTING.get(cell.disturbance, cell.disturbance)
        count = None if cell.disturbance in LASTING else 1
        seconds = SLOW if effect == "delay" else 0.0
        fault = {"effect": effect, "match": "* /v1/*", "skip": cell.at, "count": count, "seconds": seconds}
        arena.fail([fault])
    dies_at = cell.at if cell.disturbance in KILLS else None
    _tolerantly(
        arena, course.scene.after, KillableClient(arena.base, dies_at, heard=cell.disturbance == "kill_after")
    )
    arena.calm()
    arena.advance(cell.pause)
    runs, wrong = _converge(arena, course)
    reader = arena.writer()
    wide = too_wide(course.before, [course.after], moments(reader, course.since))
    arena.advance(LATER)
    wrong += [*wide, *differences(course.end, _state(arena, course.scene.after))]
    return CellVerdict(cell, runs, tuple(wrong))


def _converge(arena: SandboxFixture, course: Rehearsal) -> tuple[int, list[str]]:
    """Apply without disturbances until nothing is left to do; one run must be enough."""
    reasons: list[str] = []
    for run in range(1, RUNS_AFTER + 1):
        report = _tolerantly(arena, course.scene.after, KillableClient(arena.base))
        if isinstance(report, str) or not report.complete:
            reasons.append(report if isinstance(report, str) else "; ".join(_reasons(report)))
        elif _is_quiet(arena, course.scene.after):
            return run, [] if run == 1 else [f"{run} runs were needed instead of 1", *reasons]
    return RUNS_AFTER, [f"changes remain after {RUNS_AFTER} runs", *reasons]


def _apply(arena: SandboxFixture, config: Config, client: KillableClient) -> Report:
    stripe = _account(arena, client, config)
    # one worker, so that the requests always have the same order
    return carry_out(stripe, stripe.plan(stripe.compare()), workers=1)


def _tolerantly(arena: SandboxFixture, config: Config, client: KillableClient) -> Report | str:
    """Apply, and return the report, or the error if there is none; the run may be killed."""
    try:
        return _apply(arena, config, client)
    except ProvisionerError as error:
        return str(error)
    except Killed:
        return "killed"


def _complete(report: Report) -> None:
    if reasons := _reasons(report):
        raise StripeError(f"the sandbox rejects this configuration: {reasons[0]}")


def _reasons(report: Report) -> list[str]:
    return [f"{result.step.address}: {result.reason}" for result in report.results if result.reason]


def _state(arena: SandboxFixture, config: Config) -> Picture:
    account = _account(arena, KillableClient(arena.base), config)
    return picture(account.reader, account.kinds)


def _is_quiet(arena: SandboxFixture, config: Config) -> bool:
    return not _account(arena, KillableClient(arena.base), config).compare().differences.changes


def _account(arena: SandboxFixture, client: KillableClient, config: Config) -> Account:
    """Return an account for one apply through `client`, with shortened waits."""

    def sleep(seconds: float) -> None:
        time.sleep(min(seconds / HASTE, LONGEST_WAIT))

    transport = Transport(KEY, limits=LIMITLESS, api_base=arena.base, http=client, sleep=sleep)
    return ready(Account(config, transport))
