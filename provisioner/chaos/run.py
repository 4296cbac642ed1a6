"""The matrix: an apply disturbed at one request, the runs after it, and how they end."""

import random
import time
from collections.abc import Mapping

from msgspec import Struct

from provisioner.app.account import Account
from provisioner.app.apply import carry_out
from provisioner.chaos.killable_client import KEY, LIMITLESS, KillableClient, Killed
from provisioner.chaos.normalized_state import Picture, differences, picture
from provisioner.chaos.sandbox_fixture import SandboxFixture
from provisioner.chaos.scene import Scene
from provisioner.chaos.watch import Object, estate, moments, newest_event, too_wide
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ProvisionerError, StripeError
from provisioner.engine.apply.execute import Report
from provisioner.stripe_api.client import Transport

# What can happen at one request: the sandbox's faults, once or from there on, and the end of the process
# before the request is sent or before its answer is heard.
ONCE = ("drop_before", "drop_after", "truncate", "429", "500_before", "500_began", "500_after", "delay")
LASTING = {"outage": "drop_before", "deafness": "drop_after", "breakdown": "500_began", "muddle": "500_after"}
KILLS = ("kill_before", "kill_after")
DISTURBANCES = (*ONCE, *LASTING, *KILLS)
SLOW = 0.3  # seconds; longer than the client waits
PAUSES = (0, 0, 10, 90_000)  # seconds until the next run: at once, money settled, keys forgotten
LATER = 600
RUNS_AFTER = 3
HASTE = 200  # waits between attempts are so many times shorter
LONGEST_WAIT = 0.006  # seconds


class Rehearsal(Struct, frozen=True):
    """How the scene goes undisturbed: its requests, its beginning and its end."""

    scene: Scene
    asked: tuple[str, ...]
    since: str
    before: Mapping[str, Object]
    after: Mapping[str, Object]
    end: Picture


class Cell(Struct, frozen=True):
    """One disturbance at one request, counted from 0, and how long until the next run."""

    disturbance: str
    at: int
    pause: int = 0

    def __str__(self) -> str:
        return f"{self.disturbance} at request {self.at + 1}, next run after {self.pause} s"


class CellVerdict(Struct, frozen=True):
    """What came of one cell: how many runs it took after the disturbed one, and what is wrong."""

    cell: Cell
    runs: int
    wrong: tuple[str, ...] = ()


def rehearse(arena: SandboxFixture, scene: Scene) -> Rehearsal:
    """
    Apply the scene without disturbance, twice: the second run must find nothing to do.

    The arena keeps the state before it. Raises StripeError where the sandbox refuses the scene.
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
        raise StripeError("the second plan is not empty")
    return Rehearsal(scene, asked, since, before, estate(reader), picture(reader))


def cells(course: Rehearsal, seed: int, runs: int | None = None) -> list[Cell]:
    """
    Every disturbance at every request, in an order that the seed chooses, or the first `runs` of it.

    The disturbances take turns, so that few runs see all of them.
    """
    rng = random.Random(seed)  # noqa: S311 - to be repeatable
    requests = range(len(course.asked))
    orders = {name: rng.sample(requests, len(requests)) for name in DISTURBANCES}
    every = [Cell(name, orders[name][turn], rng.choice(PAUSES)) for turn in requests for name in DISTURBANCES]
    return every[:runs]


def disturb(arena: SandboxFixture, course: Rehearsal, cell: Cell) -> CellVerdict:
    """Run one cell: the disturbed apply, the runs after it until one finds nothing to do, the comparison."""
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
    return CellVerdict(cell, runs, (*wrong, *wide, *differences(course.end, picture(reader))))


def _converge(arena: SandboxFixture, course: Rehearsal) -> tuple[int, list[str]]:
    """Apply in peace until there is nothing to do: the first run must bring it about."""
    reasons: list[str] = []
    for run in range(1, RUNS_AFTER + 1):
        report = _tolerantly(arena, course.scene.after, KillableClient(arena.base))
        if isinstance(report, str) or not report.complete:
            reasons.append(report if isinstance(report, str) else "; ".join(_reasons(report)))
        elif _is_quiet(arena, course.scene.after):
            return run, [] if run == 1 else [f"it took {run} runs", *reasons]
    return RUNS_AFTER, ["it does not converge", *reasons]


def _apply(arena: SandboxFixture, config: Config, client: KillableClient) -> Report:
    stripe = _account(arena, client, config)
    # one at a time, so that the same request is always the same one
    return carry_out(stripe, stripe.plan(stripe.compare()), workers=1)


def _tolerantly(arena: SandboxFixture, config: Config, client: KillableClient) -> Report | str:
    """An apply that may fail, or be killed; what it said when it did not come to a report."""
    try:
        return _apply(arena, config, client)
    except ProvisionerError as error:
        return str(error)
    except Killed:
        return "killed"


def _complete(report: Report) -> None:
    if reasons := _reasons(report):
        raise StripeError(f"the sandbox does not take this configuration: {reasons[0]}")


def _reasons(report: Report) -> list[str]:
    return [f"{result.step.address}: {result.reason}" for result in report.results if result.reason]


def _is_quiet(arena: SandboxFixture, config: Config) -> bool:
    return not _account(arena, KillableClient(arena.base), config).compare().differences.changes


def _account(arena: SandboxFixture, client: KillableClient, config: Config) -> Account:
    """An account for one apply through a killable client; it waits in real time, but not for long."""

    def sleep(seconds: float) -> None:
        time.sleep(min(seconds / HASTE, LONGEST_WAIT))

    return Account(config, Transport(KEY, limits=LIMITLESS, api_base=arena.base, http=client, sleep=sleep))
