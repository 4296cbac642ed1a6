"""Runs of provisioner as its commands make them: plan, judge, carry out; a saved plan; two at once."""

import json
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from threading import Event
from typing import Any

from msgspec import Struct

from provisioner.chaos.embedded import Said
from provisioner.chaos.estate.wire import Gate, Wire
from provisioner.chaos.killable_client import Killed
from provisioner.config import load_config
from provisioner.core.approval.approve import hold_to
from provisioner.core.model.config import Config
from provisioner.core.model.errors import GuardrailError, ProvisionerError
from provisioner.core.plan.guardrails import judge
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.core.plan.selection import EVERYTHING, Selection
from provisioner.engine.apply.execute import execute
from provisioner.engine.read.observe import observe
from provisioner.kinds import KINDS
from provisioner.views.plan.document import plan_document

Json = dict[str, Any]


class Ended(Struct, frozen=True):
    """How a run ended: `done`, `partly`, `killed`, or the name of the error; with what it said."""

    how: str
    said: str = ""

    def __str__(self) -> str:
        return f"{self.how}: {self.said}" if self.said else self.how


NOTHING_TO_DO = Ended("done", "nothing to do")


class Order(Struct, frozen=True):
    """What a run is asked for; `anything` says that no guardrail stops it."""

    config: Config
    selection: Selection = EVERYTHING
    saved: Json | None = None
    anything: bool = True


class InTurn(Executor):
    """Does what is submitted at once, in the thread that submits it, so that requests have one order."""

    def __init__(self, _workers: int) -> None:
        """Have as many workers as are asked for: none."""

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Do it."""
        future: Future[Any] = Future()
        try:
            future.set_result(work(*given, **named))
        except ProvisionerError as error:
            future.set_exception(error)
        return future


def load(text: str, folder: Path) -> Config:
    """Read a configuration; raises ConfigError."""
    path = folder / "estate.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, KINDS)


def plan(wire: Wire, config: Config, selection: Selection = EVERYTHING) -> Plan:
    """What `provisioner plan` comes to; raises ProvisionerError."""
    world = observe(wire.writer(), KINDS, config.declared, workers=InTurn)
    return make_plan(KINDS, config, world, selection)


def saved(wire: Wire, config: Config) -> Json:
    """What `plan --out` writes; raises ProvisionerError."""
    document: Json = json.loads(json.dumps(plan_document(plan(wire, config))))
    return document


def apply(wire: Wire, asked: Order) -> Ended:
    """What `provisioner apply` comes to."""
    try:
        return _apply(wire, asked)
    except Killed:
        return Ended("killed")
    except ProvisionerError as error:
        return Ended(type(error).__name__, str(error))


def _apply(wire: Wire, asked: Order) -> Ended:
    writer = wire.writer()
    world = observe(writer, KINDS, asked.config.declared, workers=InTurn)
    made = make_plan(KINDS, asked.config, world, asked.selection)
    if asked.saved:
        made = hold_to(KINDS, asked.config, made, asked.saved)
    if not asked.anything and (dangers := judge(made, asked.config.guardrails, {})):
        raise GuardrailError("; ".join(map(str, dangers)))
    report = execute(made, writer, lambda _result: None, Event(), workers=1)
    if report.complete:
        return Ended("done", f"{len(report.results)} steps") if report.results else NOTHING_TO_DO
    reasons = [f"{each.step.address}: {each.reason}" for each in report.results if each.reason]
    return Ended("partly", "; ".join(reasons))


class Turns:
    """Lets one of several runs make one request at a time, as a seed chooses."""

    def __init__(self, rng: random.Random, runs: int) -> None:
        self._rng = rng
        self._alive = set(range(runs))
        self._waiting: set[int] = set()
        self._chosen: int | None = None
        self._changed = threading.Condition()

    def gate(self, run: int) -> Gate:
        """What a run waits at before each request."""

        def take(request: Callable[[], Said]) -> Said:
            with self._changed:
                self._waiting.add(run)
                self._choose()
                self._changed.wait_for(lambda: self._chosen == run)
                self._waiting.discard(run)
                self._chosen = None
                return request()

        return take

    def leave(self, run: int) -> None:
        """A run has ended."""
        with self._changed:
            self._alive.discard(run)
            self._choose()

    def _choose(self) -> None:
        if self._chosen is None and self._waiting and self._waiting == self._alive:
            self._chosen = self._rng.choice(sorted(self._waiting))
            self._changed.notify_all()


def at_once(turns: Turns, wires: Sequence[Wire], asked: Sequence[Order]) -> list[Ended]:
    """Several applies at the same time, each at its own gate; how each ended."""
    ended = [Ended("never begun")] * len(asked)

    def run(number: int) -> None:
        try:
            ended[number] = apply(wires[number], asked[number])
        except Exception as error:  # noqa: BLE001 - it is looked at where all have ended
            ended[number] = Ended("traceback", repr(error))
        finally:
            turns.leave(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended
