"""
Executes a plan phase by phase, with the steps of a phase in parallel, and passes new ids to later
steps.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from enum import StrEnum
from itertools import groupby
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.model.errors import (
    ExitCode,
    NotSentError,
    OutageError,
    ProvisionerError,
    StripeError,
    UnfulfilledError,
)
from provisioner.core.model.resource import Address
from provisioner.core.model.upload import Upload
from provisioner.core.plan.call import Call, Phase, Step, resolve_refs
from provisioner.core.plan.plan import Plan
from provisioner.core.schema.field import Direction
from provisioner.engine.apply.failure import is_lasting
from provisioner.engine.apply.outstanding import outstanding
from provisioner.engine.apply.recipient import CommandOrFile
from provisioner.engine.apply.scheduler import Ready
from provisioner.engine.apply.write import write
from provisioner.engine.ports import NOTHING, Answer, Recipient, Writer

WORKERS = 32


class Outcome(StrEnum):
    """The outcome of a step."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class Result(Struct, frozen=True):
    """The outcome of one step."""

    step: Step
    """The step."""
    outcome: Outcome
    """The outcome."""
    id: str = ""
    """The id of the object if it was done."""
    request_id: str = ""
    """The id of the last request for the step."""
    key: str = ""
    """The idempotency key of that request."""
    reason: str = ""
    """The reason why it was not done."""
    lasting: bool = False
    """True if it will fail again until somebody fixes what Stripe rejects."""
    in_part: bool = False
    """True if Stripe accepted a request, so that the step may be partly done."""
    seconds: float = 0.0
    """The duration in seconds, including waits for the rate limit."""


class Report(Struct, frozen=True):
    """The results of an apply."""

    results: tuple[Result, ...]
    """The outcome of each step, in the order in which they ended."""
    interrupted: bool = False
    """True if the apply was interrupted."""

    def of(self, outcome: Outcome) -> tuple[Result, ...]:
        """Return the results with this outcome."""
        return tuple(result for result in self.results if result.outcome is outcome)

    @property
    def complete(self) -> bool:
        """Return whether every step was done."""
        return all(result.outcome is Outcome.DONE for result in self.results)

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code for an apply of one account with this report."""
        if self.complete:
            return ExitCode.DONE
        if self.interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.PARTLY if self.in_part else ExitCode.ERROR

    @property
    def in_part(self) -> bool:
        """Return whether something was done, or may have been done."""
        return any(result.in_part or result.outcome is Outcome.DONE for result in self.results)


Watch = Callable[[Result], None]


class _Run(Struct):
    """The state of a running apply; only the coordinating thread writes it."""

    plan: Plan
    """The plan that is applied."""
    writer: Writer
    """Reads and writes Stripe."""
    watch: Watch
    """Called with the result of every step."""
    stop: threading.Event
    """Set when the run must end."""
    recipient: Recipient
    """Receives the secrets that Stripe shows only once."""
    ids: dict[Address, str] = field(default_factory=dict)
    """The ids of the objects that steps may refer to, by address."""
    failed: set[Address] = field(default_factory=set)
    """The addresses of steps that failed or were skipped."""
    outage: str = ""
    """The reason why no further steps are started; empty if there is none."""
    results: list[Result] = field(default_factory=list)
    """The results of the steps so far, in the order in which they ended."""

    def end(self, result: Result) -> None:
        self.results.append(result)
        if result.outcome is Outcome.DONE:
            if result.step.call.verb == "create" and result.step.phase is not Phase.MONEY:
                self.ids[result.step.address] = result.id
        elif not result.step.marks_only:
            self.failed.add(result.step.address)
        self.watch(result)

    def begin(self, step: Step) -> Call:
        """Return the step's call with the ids of objects that exist by now."""
        call = step.call
        return replace(call, id=resolve_refs(call.id, self.ids), params=resolve_refs(call.params, self.ids))

    def barred(self, step: Step) -> str:
        """Return why a step must not be made anymore; empty if it may be made."""
        if self.stop.is_set():
            return "interrupted"
        if self.outage:
            return "Stripe is not responding"
        for address in (step.address, *sorted(step.needs)):
            if address in self.failed:
                return f"{address} failed"
        if self.failed and step.direction is Direction.BROADENING:
            return "it raises spending, and another step failed"
        return ""


def execute(
    plan: Plan,
    writer: Writer,
    watch: Watch,
    stop: threading.Event,
    workers: int = WORKERS,
    recipient: Recipient | None = None,
) -> Report:
    """
    Make every step of the plan, and call `watch` with each result.

    `recipient` hands over the secrets that Stripe shows; without one, commands get an empty environment. A
    failed step blocks the steps that depend on it and every step that would raise spending, unless the failed
    step writes only ownership metadata; the other steps continue. When `stop` is set, or Stripe is down, the
    calls in progress are finished and no new ones are started. Stripe's errors are not raised: the report
    contains them.
    """
    run = _Run(plan, writer, watch, stop, recipient or CommandOrFile({}), dict(plan.ids))
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for _, steps in groupby(plan.steps, key=lambda step: step.phase):
            _phase(run, pool, list(steps), workers)
    return Report(tuple(run.results), interrupted=stop.is_set())


def _phase(run: _Run, pool: ThreadPoolExecutor, steps: Sequence[Step], workers: int) -> None:
    """Make the steps of one phase, each as soon as earlier steps on the same objects are done."""
    ready = Ready(steps)
    under_way: dict[Future[Result], int] = {}
    while ready or under_way:
        while len(under_way) < workers and (number := ready.take()) is not None:
            step = steps[number]
            if reason := run.barred(step):
                run.end(Result(step, Outcome.SKIPPED, reason=reason))
                ready.end(number)
            else:
                under_way[pool.submit(_timed, run, step)] = number
        done, _ = wait(under_way, return_when=FIRST_COMPLETED) if under_way else (set(), set())
        for future in done:
            run.end(future.result())
            ready.end(under_way.pop(future))


def _timed(run: _Run, step: Step) -> Result:
    begun = time.monotonic()
    result = _make(run, step)
    return replace(result, seconds=time.monotonic() - begun)


def _make(run: _Run, step: Step) -> Result:
    noted = _Noted(run.writer)
    try:
        call = run.begin(step)
        try:
            made = write(noted, run.plan, step, call, run.recipient)
        except StripeError as error:
            raise outstanding(run.writer, call, error) from None
    except NotSentError as error:
        if noted.writes == 1:
            return Result(step, Outcome.SKIPPED, reason=str(error))
        return Result(step, Outcome.FAILED, key=noted.key, reason=f"{error}; its outcome is unknown")
    except ProvisionerError as error:
        if isinstance(error, OutageError):
            run.outage = str(error)
        request_id = error.request_id if isinstance(error, StripeError) else ""
        lasting = is_lasting(error)
        in_part = isinstance(error, UnfulfilledError)
        return Result(step, Outcome.FAILED, "", request_id, noted.key, str(error), lasting, in_part)
    except Exception as error:  # noqa: BLE001 - one step's mistake must not lose what the others have done
        reason = f"internal error in provisioner ({type(error).__name__}); please report it"
        return Result(step, Outcome.FAILED, key=noted.key, reason=reason)
    return Result(step, Outcome.DONE, str(made.object.get("id", "")), made.request_id, made.key or noted.key)


class _Noted(Struct):
    """A writer that records the key of its last write, and the number of writes."""

    writer: Writer
    """The writer that does the work."""
    key: str = ""
    """The idempotency key of the last write; empty before the first."""
    writes: int = 0
    """The number of writes so far."""

    def retrieve(self, resource: str) -> Mapping[str, Any]:
        return self.writer.retrieve(resource)

    def list(self, resource: str, params: Mapping[str, Any] = NOTHING) -> Iterator[Mapping[str, Any]]:
        return self.writer.list(resource, params)

    def perform(self, call: Call) -> Answer:
        self.key = call.key or ""
        self.writes += 1
        return self.writer.perform(call)

    def upload(self, file: Upload, key: str) -> str:
        return self.writer.upload(file, key)

    def wait(self, seconds: float) -> bool:
        return self.writer.wait(seconds)
