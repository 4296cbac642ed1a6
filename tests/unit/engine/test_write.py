"""One write: made once, whatever Stripe keeps under its key, and checked against what was asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.declare import card, config, holder, target
from support.stripe_model import StripeModel

from provisioner.core.model.errors import StaleError, StripeError
from provisioner.core.plan.call import Call, attempt_key
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.engine.apply.recipient import CommandOrFile
from provisioner.engine.apply.write import write
from provisioner.engine.ports import Answer
from provisioner.kinds import KINDS

KEPT = StripeError("kept", status=500, replayed=True)
REFUSED = StripeError("no", status=400)
DROPPED = StripeError("connection lost", status=500)


@dataclass
class Scripted:
    """Stripe, but for the first calls, which end as the script says."""

    stripe: StripeModel
    script: list[StripeError | Callable[[Call], Any]] = field(default_factory=list)

    def retrieve(self, resource: str) -> Any:
        return self.stripe.retrieve(resource)

    def list(self, resource: str, params: Any = None) -> Iterator[Any]:
        since = (params or {}).get("created", {}).get("gte", 0)
        return (item for item in self.stripe.list(resource, params) if item.get("created", since) >= since)

    def perform(self, call: Call) -> Answer:
        if not self.script:
            return self.stripe.perform(call)
        what = self.script.pop(0)
        if isinstance(what, StripeError):
            self.stripe.calls.append(call)
            raise what
        return what(call)

    def wait(self, _seconds: float) -> bool:
        return True


def planned(stripe: StripeModel) -> Plan:
    return make_plan(KINDS, config(holder()), stripe.world())


def make(stripe: StripeModel, *script: Any, plan: Plan | None = None) -> Answer:
    plan = plan or planned(stripe)
    step = plan.steps[0]
    return write(Scripted(stripe, list(script)), plan, step, step.call, CommandOrFile({}))


def keys(stripe: StripeModel) -> list[str | None]:
    return [call.key for call in stripe.calls]


def test_a_creation_is_made_once_under_the_key_of_the_plan() -> None:
    stripe = StripeModel()
    plan = planned(stripe)

    assert make(stripe, plan=plan).object["id"] == "ich_1"
    assert keys(stripe) == [plan.steps[0].call.key]


def test_a_run_that_saw_the_same_past_gets_the_same_object() -> None:
    stripe = StripeModel()
    plan = planned(stripe)
    one, other = make(stripe, plan=plan), make(stripe, plan=plan)

    assert one.object["id"] == other.object["id"]
    assert len(stripe.objects["issuing/cardholders"]) == 1


def test_a_run_with_another_yaml_does_not_create_a_second_one() -> None:
    stripe = StripeModel()
    other = make_plan(KINDS, config(holder(metadata={"a": "b"})), stripe.world())
    plan = planned(stripe)
    make(stripe, plan=other)

    with pytest.raises(StaleError, match="another run has just created ich_1 with other values"):
        make(stripe, plan=plan)
    assert len(stripe.objects["issuing/cardholders"]) == 1


def test_a_refusal_is_told_and_not_tried_again() -> None:
    stripe = StripeModel()
    with pytest.raises(StripeError, match="no"):
        make(stripe, REFUSED)
    assert len(stripe.calls) == 1


def test_a_failure_that_stripe_keeps_is_passed_by_the_next_key() -> None:
    stripe = StripeModel()
    plan = planned(stripe)
    key = str(plan.steps[0].call.key)

    assert make(stripe, KEPT, KEPT, plan=plan).object["id"] == "ich_1"
    assert keys(stripe) == [key, attempt_key(key, 1), attempt_key(key, 2)]


def test_a_failure_after_the_object_was_made_counts_as_done() -> None:
    stripe = StripeModel()

    def made_and_lost(call: Call) -> Any:
        stripe.perform(call)
        raise DROPPED

    assert make(stripe, made_and_lost).object["id"] == "ich_1"
    assert len(stripe.objects["issuing/cardholders"]) == 1


def test_what_was_made_in_the_second_of_the_plan_is_found() -> None:
    stripe = StripeModel()
    stripe.create("issuing/cardholders", {"created": 1000})
    plan = planned(stripe)

    def made_at_once_and_lost(call: Call) -> Any:
        stripe.perform(call).object["created"] = 1000
        raise DROPPED

    assert make(stripe, made_at_once_and_lost, plan=plan).object["id"] == "ich_2"
    assert len(stripe.objects["issuing/cardholders"]) == 2


def test_a_failure_before_the_object_was_made_is_told() -> None:
    stripe = StripeModel()
    with pytest.raises(StripeError, match="connection lost"):
        make(stripe, DROPPED)
    assert stripe.objects["issuing/cardholders"] == []


def test_an_object_that_has_ended_since_does_not_stand_for_a_creation() -> None:
    stripe = StripeModel()
    plan = planned(stripe)
    first = make(stripe, plan=plan)
    stripe.change("issuing/cardholders", first.object["id"], {"metadata": {"provisioner_project": ""}})

    assert make(stripe, plan=plan).object["id"] != first.object["id"]


def test_what_another_run_has_created_and_ended_since_is_made_no_second_time() -> None:
    stripe = StripeModel()
    make(stripe)
    plan = make_plan(KINDS, config(holder(), card()), stripe.world())
    made = make(stripe, plan=plan)
    stripe.change("issuing/cards", made.object["id"], {"status": "canceled"})

    with pytest.raises(StaleError, match="which is canceled by now; plan again"):
        make(stripe, plan=plan)
    assert len(stripe.objects["issuing/cards"]) == 1


def test_an_answer_that_is_not_what_was_asked_for_is_an_error() -> None:
    with pytest.raises(StripeError, match="not the requested object"):
        make(StripeModel(), lambda _call: Answer({"metadata": {}}))
    with pytest.raises(StripeError, match="created ich_9 without the requested ownership metadata"):
        make(StripeModel(), lambda _call: Answer({"id": "ich_9", "metadata": {}}))


# --- setting values


def changed(stripe: StripeModel) -> Plan:
    make(stripe)
    return make_plan(KINDS, config(holder(status="inactive")), stripe.world())


def test_every_update_has_a_key_of_its_own() -> None:
    stripe = StripeModel()
    plan = changed(stripe)
    make(stripe, plan=plan)
    make(stripe, plan=plan)

    assert len(set(keys(stripe))) == 3
    assert stripe.objects["issuing/cardholders"][0]["status"] == "inactive"


def test_an_update_whose_failure_is_kept_is_made_again_under_another_key() -> None:
    stripe = StripeModel()
    plan = changed(stripe)
    make(stripe, KEPT, plan=plan)

    assert len(set(keys(stripe))) == 3
    with pytest.raises(StripeError, match="kept"):
        make(stripe, KEPT, KEPT, KEPT, plan=plan)


def test_an_answer_about_another_object_is_an_error() -> None:
    stripe = StripeModel()
    with pytest.raises(StripeError, match="describes a different object"):
        make(stripe, lambda _call: Answer({"id": "ich_9"}), plan=changed(stripe))


# --- money


def funded(stripe: StripeModel) -> Plan:
    return make_plan(KINDS, config(target(5000)), stripe.world())


def pulled(stripe: StripeModel) -> int:
    return sum(t["amount"] for t in stripe.objects["topups"] if t["status"] in ("pending", "succeeded"))


def test_money_is_pulled_once_by_runs_that_saw_the_same_past() -> None:
    stripe = StripeModel()
    plan = funded(stripe)
    for _ in range(8):
        make(stripe, plan=plan)

    assert pulled(stripe) == 5000


def test_another_amount_after_the_same_past_is_refused_as_stale() -> None:
    stripe = StripeModel()
    plan = funded(stripe)
    make(stripe, plan=make_plan(KINDS, config(target(7000)), stripe.world()))

    with pytest.raises(StaleError, match="plan again"):
        make(stripe, plan=plan)
    assert pulled(stripe) == 7000


def test_money_whose_answer_was_lost_is_found_and_not_pulled_again() -> None:
    stripe = StripeModel()

    def made_and_lost(call: Call) -> Any:
        stripe.perform(call)
        raise DROPPED

    assert make(stripe, made_and_lost, plan=funded(stripe)).object["amount"] == 5000
    assert pulled(stripe) == 5000


def test_money_bound_elsewhere_is_canceled_at_once_and_an_error() -> None:
    stripe = StripeModel()

    def elsewhere(call: Call) -> Answer:
        answer = stripe.perform(call)
        stripe.objects["topups"][0].pop("destination_balance")
        return answer

    with pytest.raises(StripeError, match="to the payments balance, not to Issuing; it was canceled"):
        make(stripe, elsewhere, plan=funded(stripe))
    assert pulled(stripe) == 0


def test_an_answer_with_another_amount_is_an_error() -> None:
    stripe = StripeModel()

    def more(call: Call) -> Answer:
        return Answer({**stripe.perform(call).object, "amount": 9000})

    with pytest.raises(StripeError, match="top-up tu_1 does not have the requested amount"):
        make(stripe, more, plan=funded(stripe))


def test_money_of_another_project_fills_the_same_balance() -> None:
    stripe = StripeModel()
    plan = funded(stripe)
    make(stripe, plan=make_plan(KINDS, config(target(100), project="bakery"), stripe.world()))

    with pytest.raises(StaleError, match="project 'bakery' already fills this balance"):
        make(stripe, plan=plan)
    assert pulled(stripe) == 100
