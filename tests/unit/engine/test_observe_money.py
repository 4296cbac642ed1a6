"""What a top-up that settles while a plan reads does to the plan: nothing, and no second top-up."""

from dataclasses import dataclass

from provisioner.core.model.config import Config
from provisioner.core.model.resource import Address, Declared
from provisioner.core.plan.plan import make_plan
from provisioner.engine.ports import Page
from provisioner.engine.read.observe import observe
from provisioner.kinds import KINDS

FLOAT = Declared(Address("balance_targets", "usd"), {"target": 10000})
TOP_UP = {
    "id": "tu_1",
    "object": "topup",
    "amount": 10000,
    "currency": "usd",
    "created": 1,
    "destination_balance": "issuing",
    "metadata": {"provisioner_project": "p", "provisioner_address": "balance_targets.usd"},
}


@dataclass
class Settling:
    """An account whose one top-up settles as soon as anything about money has been read."""

    settled: bool = False

    def retrieve(self, resource):
        if resource == "account":
            return {"id": "acct_1", "country": "US"}
        seen, self.settled = self.settled, True
        available = [{"currency": "usd", "amount": 10000 if seen else 0}]
        return {"object": "balance", "issuing": {"available": available}}

    def page(self, resource, params=None, wanted=None):
        del params, wanted
        if resource != "topups":
            return Page((), more=False)
        seen, self.settled = self.settled, True
        return Page(({**TOP_UP, "status": "succeeded" if seen else "pending"},), more=False)

    def list(self, resource, params=None):
        yield from self.page(resource, params).items


def test_a_top_up_that_settles_while_a_plan_reads_is_not_made_again():
    world = observe(Settling(), KINDS, {FLOAT.address: FLOAT})

    plan = make_plan(KINDS, Config("p", "test", None, {FLOAT.address: FLOAT}), world)

    assert plan.changes == ()
