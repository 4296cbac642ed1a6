"""A model of Stripe as plain data: enough of Issuing to carry plans out in microseconds."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from provisioner.core.diff.top_up import read_top_up
from provisioner.core.model.errors import StripeError
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.call import Call, Step, resolve_refs
from provisioner.core.plan.plan import Plan
from provisioner.core.schema.kind import owned
from provisioner.engine.ports import Answer
from provisioner.engine.read.projection import observer
from provisioner.kinds import KINDS

DEFAULT_LIMIT = {"amount": 50000, "interval": "daily", "categories": []}
PREFIX = {kind.resource: kind.id_prefix.removesuffix("_") or "tu" for kind in KINDS}
SEEN = {kind.resource: observer(kind) for kind in owned(KINDS)}
REPLACED_WHOLE = {"billing", "shipping", "preferred_locales", "dob"}

Json = dict[str, Any]


@dataclass
class StripeModel:
    """Objects by resource, newest first; every call that was made; keys with what they were used for."""

    country: str = "US"
    available: int = 0
    objects: dict[str, list[Json]] = field(default_factory=lambda: {name: [] for name in PREFIX})
    calls: list[Call] = field(default_factory=list)
    keys: dict[str, tuple[Any, Json]] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def world(self) -> Snapshot:
        return Snapshot(
            {"id": "acct_1", "country": self.country},
            self.retrieve("balance"),
            {name: [*map(SEEN[name], self.objects[name])] for name in SEEN},
            [*map(read_top_up, self.objects["topups"])],
        )

    def retrieve(self, resource: str) -> Mapping[str, Any]:
        if resource == "balance":
            return {"issuing": {"available": [{"currency": "usd", "amount": self.available}]}}
        kind, _, identity = resource.rpartition("/")
        return self.find(kind, identity)

    def list(self, resource: str, _filters: Mapping[str, Any] | None = None) -> Iterator[Mapping[str, Any]]:
        if resource == "events":
            return iter([{"data": {"object": item}} for item in self.objects["topups"]])
        return iter([*self.objects[resource]])

    def find(self, resource: str, identity: str) -> Json:
        return next(item for item in self.objects[resource] if item["id"] == identity)

    def wait(self, _seconds: float) -> bool:
        return True

    def perform(self, call: Call) -> Answer:
        self.calls.append(call)
        resource = call.service.replace(".", "/")
        if call.verb == "cancel":
            return Answer(self.change(resource, str(call.id), {"status": "canceled"}), "req_1")
        if call.verb != "create":
            return Answer(self.change(resource, str(call.id), call.params), "req_1")
        if call.key in self.keys:
            params, kept = self.keys[call.key]
            if params != call.params:
                raise StripeError("same key, other parameters", status=400, code="idempotency_error")
            return Answer(kept, "req_1", replayed=True)
        made = self.create(resource, call.params)
        if call.key:
            self.keys[call.key] = (call.params, deepcopy(made))
        return Answer(made, "req_1")

    def create(self, resource: str, params: Mapping[str, Any]) -> Json:
        blank: Json = {"id": f"{PREFIX[resource]}_{next(self.ids)}", "metadata": {}}
        if resource == "topups":
            blank["status"] = "pending"
        else:
            blank["status"] = "active" if resource == "issuing/cardholders" else "inactive"
            blank["spending_controls"] = {
                "spending_limits": [] if "cardholders" in resource else [DEFAULT_LIMIT]
            }
        self.objects[resource].insert(0, blank)
        return self.change(resource, blank["id"], params)

    def change(self, resource: str, identity: str, params: Mapping[str, Any]) -> Json:
        item = self.find(resource, identity)
        if resource == "issuing/cards" and item["status"] == "canceled":
            raise StripeError("a canceled card cannot be changed", status=400)
        merge(item, params)
        if item["status"] == "active" and (old := item.get("replacement_for")):
            self.find("issuing/cards", old)["status"] = "canceled"
        return item

    def cards(self, address: str) -> Sequence[Json]:
        found = self.objects["issuing/cards"]
        return [card for card in found if card["metadata"].get("provisioner_address") == address]

    def spends(self, card: Json) -> bool:
        holder = self.find("issuing/cardholders", card["cardholder"])
        return bool(card["status"] == "active" and holder["status"] == "active")


def merge(item: Json, params: Mapping[str, Any]) -> None:
    """A POST as Stripe takes it: what is sent is set, "" unsets, hashes merge but for those sent whole."""
    for name, value in params.items():
        if value == "":
            item.pop(name, None)
        elif isinstance(value, dict) and name not in REPLACED_WHOLE:
            merge(item.setdefault(name, {}), value)
        else:
            item[name] = value


def carry_out(
    plan: Plan, stripe: StripeModel, *, calls: int | None = None, steps: Sequence[Step] = ()
) -> Iterator[None]:
    """Make the calls of a plan one by one, at most so many, or those of `steps`; pauses after each."""
    ids = dict(plan.ids)
    for step in (steps or plan.steps)[:calls]:
        call = Call(
            step.call.service,
            step.call.verb,
            resolve_refs(step.call.id, ids),
            resolve_refs(step.call.params, ids),
            step.call.key,
            event=step.call.event,
        )
        made = stripe.perform(call).object
        if step.call.verb == "create" and step.call.service != "topups":
            ids[step.address] = made["id"]
        yield
