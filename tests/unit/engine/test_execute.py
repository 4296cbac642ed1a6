"""Carrying a plan out: what waits for what, what is skipped after a failure, and how it is stopped."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.declare import card, config, holder, target
from support.depth import thorough
from support.stripe_model import StripeModel, carry_out

from provisioner.core.model.config import Config
from provisioner.core.model.errors import NotSentError, OutageError, StripeError
from provisioner.core.model.resource import Lifecycle
from provisioner.core.plan.call import Call, Step
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.engine.apply.execute import Outcome, Report, Result, execute
from provisioner.engine.apply.scheduler import Ready
from provisioner.engine.ports import Answer
from provisioner.kinds import KINDS


@dataclass
class Failing:
    """A writer that refuses some calls: those to which one of the addresses or words belongs."""

    stripe: StripeModel
    refuses: frozenset[str]
    error: type[StripeError] = StripeError
    lock: threading.Lock = field(default_factory=threading.Lock)

    def retrieve(self, resource: str) -> Any:
        return self.stripe.retrieve(resource)

    def list(self, resource: str, params: Any = None) -> Iterator[Any]:
        return self.stripe.list(resource, params)

    def perform(self, call: Call) -> Answer:
        about = {str(call.id), call.params.get("metadata", {}).get("provisioner_address")}
        with self.lock:
            if about & self.refuses:
                raise self.error("Stripe says no", status=400, request_id="req_9")
            return self.stripe.perform(call)

    def wait(self, _seconds: float) -> bool:
        return True


def applied(*wanted: Config) -> StripeModel:
    stripe = StripeModel()
    for each in wanted:
        for _ in carry_out(make_plan(KINDS, each, stripe.world()), stripe):
            pass
    return stripe


def run(wanted: Config, stripe: StripeModel, *refuses: str, stop: threading.Event | None = None) -> Report:
    plan = make_plan(KINDS, wanted, stripe.world())
    return execute(plan, Failing(stripe, frozenset(refuses)), lambda _result: None, stop or threading.Event())


def outcomes(report: Report) -> dict[str, str]:
    return {f"{r.step.does} {r.step.address}": str(r.outcome) for r in report.results}


def test_everything_is_done_and_ids_are_fed_forward() -> None:
    stripe = StripeModel()
    report = run(config(holder(), card(), target(5000)), stripe)

    assert report.complete
    assert stripe.cards("cards.ads")[0]["cardholder"] == stripe.objects["issuing/cardholders"][0]["id"]
    assert [r.id for r in report.of(Outcome.DONE)] == ["ich_1", "ic_2", "tu_3"]


def test_what_depends_on_a_failure_is_skipped_and_so_is_everything_that_gives_power() -> None:
    wanted = config(
        holder(),
        holder("bob"),
        card(),
        card("bobs", cardholder="bob", status="inactive"),
        card("active", cardholder="bob"),
        target(5000),
    )
    report = run(wanted, StripeModel(), "cardholders.acme")

    assert outcomes(report) == {
        "create cardholders.acme": "failed",
        "create cardholders.bob": "done",
        "create cards.ads": "skipped",
        "create cards.bobs": "done",
        "create cards.active": "skipped",
        "top up balance_targets.usd": "skipped",
    }
    reasons = {str(r.step.address): r.reason for r in report.of(Outcome.SKIPPED)}
    assert reasons["cards.ads"] == "cardholders.acme failed"
    assert "another step failed" in reasons["balance_targets.usd"]


def test_a_failure_does_not_stop_what_takes_power() -> None:
    before = config(holder(), card("a"), card("b"), card("c"))
    stripe = applied(before)
    bad = stripe.cards("cards.a")[0]["id"]
    report = run(config(holder(), card("a", status="inactive")), stripe, bad)

    assert outcomes(report) == {
        "update cards.a": "failed",
        "deactivate cards.b": "done",
        "deactivate cards.c": "done",
    }


def test_a_holder_is_not_ended_while_a_card_of_it_could_not_be_moved() -> None:
    before = config(holder(), card("a"), card("b"))
    stripe = applied(before)
    old = stripe.objects["issuing/cardholders"][0]["id"]
    report = run(config(holder(name="Acme Corp"), card("a"), card("b")), stripe, "cards.a")

    assert outcomes(report)["deactivate cardholders.acme"] == "skipped"
    assert stripe.find("issuing/cardholders", old)["status"] == "active"
    assert [stripe.spends(c) for c in stripe.cards("cards.a")] == [True]


def test_the_report_says_why_and_under_which_request() -> None:
    [result] = run(config(holder()), StripeModel(), "cardholders.acme").results

    assert (result.outcome, result.request_id) == (Outcome.FAILED, "req_9")
    assert "Stripe says no" in result.reason
    assert result.key.startswith("provisioner-")


def test_stopped_before_it_began_nothing_is_called() -> None:
    stripe, stop = StripeModel(), threading.Event()
    stop.set()
    report = run(config(holder(), card()), stripe, stop=stop)

    assert stripe.calls == []
    assert report.interrupted
    assert {r.reason for r in report.results} == {"interrupted"}


def test_stopped_on_the_way_what_is_under_way_is_finished_and_no_more_begun() -> None:
    stripe, stop = StripeModel(), threading.Event()
    plan = make_plan(KINDS, config(holder(), card("a"), card("b")), stripe.world())
    report = execute(plan, Failing(stripe, frozenset()), lambda _result: stop.set(), stop, workers=1)

    assert [str(r.outcome) for r in report.results] == ["done", "skipped", "skipped"]
    assert len(stripe.calls) == 1


@dataclass
class Interrupted(Failing):
    """A writer to whom Stripe replays a failure for each key, until the run is stopped."""

    sent: int = 0

    def perform(self, call: Call) -> Answer:
        if not self.sent:
            raise NotSentError("interrupted")
        self.sent -= 1
        raise StripeError(f"kept for {call.key}", status=500, replayed=True)


def test_what_was_not_sent_is_not_done_and_what_was_before_is_not_known() -> None:
    stripe = applied(config(holder()))
    plan = make_plan(KINDS, config(holder(email="a@acme.example")), stripe.world())
    ended = [
        execute(plan, Interrupted(stripe, frozenset(), sent=n), lambda _: None, threading.Event()).results[0]
        for n in (0, 1)
    ]

    assert [(r.outcome, r.reason) for r in ended] == [
        (Outcome.SKIPPED, "interrupted"),
        (Outcome.FAILED, "interrupted; its outcome is unknown"),
    ]


def test_when_stripe_is_down_nothing_more_is_tried() -> None:
    stripe = StripeModel()
    plan = make_plan(KINDS, config(*[holder(f"h{n}") for n in range(9)]), stripe.world())
    writer = Failing(stripe, frozenset({"cardholders.h0"}), OutageError)
    report = execute(plan, writer, lambda _result: None, threading.Event(), workers=1)

    assert [str(r.outcome) for r in report.results] == ["failed", *["skipped"] * 8]
    assert stripe.calls == []


def test_every_end_is_told_as_it_comes() -> None:
    stripe = StripeModel()
    seen: list[Result] = []
    plan = make_plan(KINDS, config(holder(), card()), stripe.world())
    report = execute(plan, Failing(stripe, frozenset()), seen.append, threading.Event())

    assert tuple(seen) == report.results


def test_what_is_independent_goes_side_by_side() -> None:
    """Each of two creations waits for the other to have begun: one after the other they would never end."""
    stripe, both = StripeModel(), threading.Barrier(2, timeout=20)

    class Meeting(Failing):
        def perform(self, call: Call) -> Answer:
            both.wait()
            return super().perform(call)

    plan = make_plan(KINDS, config(holder(), holder("bob")), stripe.world())
    assert execute(plan, Meeting(stripe, frozenset()), lambda _result: None, threading.Event()).complete


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Updates, replacements, creations and retirements of a few holders and their cards."""
    names = ["a", "b", "c", "d"]

    def drawn() -> Config:
        cards = [
            card(
                name,
                cardholder=draw(st.sampled_from(["acme", "bob"])),
                status=draw(st.sampled_from(["active", "inactive"])),
            )
            for name in draw(st.lists(st.sampled_from(names), unique=True))
        ]
        holders = [
            holder(
                n,
                status=draw(st.sampled_from(["active", "inactive"])),
                name=draw(st.sampled_from(["X", "Y"])),
            )
            for n in ("acme", "bob")
        ]
        return config(*holders, *cards)

    return make_plan(KINDS, drawn(), applied(drawn()).world())


def test_a_cardholder_waits_for_what_is_done_to_its_cards() -> None:
    stripe = applied(config(holder(), card("a"), card("b")))
    wanted = config(holder(status="inactive"), card("a", status="inactive"), card("b"))
    _never_at_once(make_plan(KINDS, wanted, stripe.world()))


@settings(max_examples=thorough(80))
@given(plans())
def test_a_card_and_its_cardholder_are_never_written_at_once(plan: Plan) -> None:
    _never_at_once(plan)


def _never_at_once(plan: Plan) -> None:
    for phase in {step.phase for step in plan.steps}:
        steps = [step for step in plan.steps if step.phase is phase]
        ready, under_way, ended = Ready(steps), list[int](), set[int]()
        while len(ended) < len(steps):
            while (late := ready.take()) is not None:
                under_way.append(late)
                for early, other in enumerate(steps[:late]):
                    assert early in ended or not _is_related(steps[late], other), (other, steps[late])
            # the last one first: whatever waits for the others is still held up
            ended.add(under_way[-1])
            ready.end(under_way.pop())


def _is_related(step: Step, other: Step) -> bool:
    return step.address == other.address or step.address in other.needs or other.address in step.needs


@settings(max_examples=thorough(40))
@given(plans())
def test_every_step_is_made_once_and_phase_by_phase(plan: Plan) -> None:
    stripe = StripeModel()
    stripe.perform = lambda call: Answer({"id": call.id or "x_1", "metadata": call.params.get("metadata")})  # type: ignore[method-assign]
    report = execute(plan, Failing(stripe, frozenset()), lambda _result: None, threading.Event())

    phases = [result.step.phase for result in report.results]
    assert phases == sorted(phases)
    assert len(phases) == len(plan.steps)


def test_a_mark_that_fails_stops_nothing_else() -> None:
    stripe = applied(config(holder(), card("a"), card("b", status="inactive")))
    bad = stripe.cards("cards.a")[0]["id"]
    kept = Lifecycle(protect=True)
    report = run(config(holder(), card("a", kept), card("b"), target(5000)), stripe, bad)

    assert outcomes(report) == {
        "mark cards.a": "failed",
        "update cards.b": "done",
        "top up balance_targets.usd": "done",
    }
