"""Runs of provisioner, as its commands make them: plans, applies, saved plans, and two applies at once."""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct, convert

from provisioner.app import configuration
from provisioner.app.account import Account
from provisioner.app.apply import carry_out
from provisioner.chaos.estate.reading import Declaration
from provisioner.chaos.killable_client import Killed
from provisioner.core.approval.approve import hold_to
from provisioner.core.model.config import Config
from provisioner.core.model.errors import GuardrailError, ProvisionerError
from provisioner.core.plan.document import PlanDocument, as_json
from provisioner.core.plan.guardrails import judge
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.selection import EVERYTHING, Selection
from provisioner.core.plan.write_document import plan_document
from provisioner.stripe_api.client import Transport


class Ended(Struct, frozen=True):
    """The end of a run."""

    how: str
    """`done`, `partly`, `killed`, or the name of an error."""
    said: str = ""
    """Its message."""

    def __str__(self) -> str:
        return f"{self.how}: {self.said}" if self.said else self.how


NOTHING_TO_DO = Ended("done", "nothing to do")


class Order(Struct, frozen=True):
    """The options of an apply."""

    config: Config
    """The configuration."""
    selection: Selection = EVERYTHING
    """The --target and --exclude options."""
    saved: PlanDocument | None = None
    """The saved plan, if any."""
    anything: bool = True
    """True to disable guardrails."""


class Saved(Struct, frozen=True):
    """A saved plan."""

    document: PlanDocument
    """The plan, as its file has it."""
    wanted: Declaration
    """The configuration that it was made from."""
    objects: dict[str, Any]
    """The objects in Stripe at the time."""


class Way(Protocol):
    """A client for the requests of one run."""

    def transport(self) -> Transport:
        """Return a transport for the run."""


class InTurn(Executor):
    """An executor that runs tasks immediately in the calling thread, so that requests have one order."""

    def __init__(self, _workers: int) -> None:
        """Ignore the number of workers."""

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Run a task and return its completed future."""
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
    return configuration.load(path)


def plan(way: Way, config: Config) -> Plan:
    """Return the plan of `provisioner plan`; raises ProvisionerError."""
    account = _account(way, config)
    return account.plan(account.compare())


def saved(way: Way, config: Config) -> PlanDocument:
    """Return the document that `plan --out` writes; raises ProvisionerError."""
    account = _account(way, config)
    written = json.dumps(as_json(plan_document(account.kinds, account.plan(account.compare()))))
    return convert(json.loads(written), PlanDocument)


def _account(way: Way, config: Config) -> Account:
    return Account(config, way.transport(), workers=InTurn)


def apply(way: Way, asked: Order) -> Ended:
    """Run `provisioner apply` and return how it ended."""
    account = _account(way, asked.config)
    try:
        made = account.plan(account.compare(), asked.selection)
        if asked.saved:
            made = hold_to(account.kinds, made, asked.saved)
        if not asked.anything and (dangers := judge(made, asked.config.guardrails, {})):
            raise GuardrailError("; ".join(map(str, dangers)))
        report = carry_out(account, made, workers=1)
    except Killed:
        return Ended("killed")
    except ProvisionerError as error:
        return Ended(type(error).__name__, str(error))
    if report.complete:
        return Ended("done", f"{len(report.results)} steps") if report.results else NOTHING_TO_DO
    reasons = [f"{each.step.address}: {each.reason}" for each in report.results if each.reason]
    return Ended("partly", "; ".join(reasons))


def at_once(ways: Sequence[Way], asked: Sequence[Order], leave: Callable[[int], None]) -> list[Ended]:
    """Run several applies at once and return how each ended; `leave` gets the number of each ended run."""
    ended = [Ended("not started")] * len(asked)

    def run(number: int) -> None:
        try:
            ended[number] = apply(ways[number], asked[number])
        except Exception as error:  # noqa: BLE001 - reported when all runs have ended
            ended[number] = Ended("traceback", repr(error))
        finally:
            leave(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended
