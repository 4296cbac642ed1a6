"""What is kept of a large account: what many objects have alike, and what is declared, is there once."""

import json
from collections.abc import Mapping

import pytest

from provisioner.core.model.config import Config
from provisioner.core.model.resource import Address, Declared, ObservedFacts
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.inventory import take_inventory
from provisioner.core.schema.kind import Kind, owned
from provisioner.engine.read.projection import observer, wanted
from provisioner.kinds import KINDS, balance_target, card, cardholder

NAMES = ("first", "second")
DECLARED = {
    address: Declared(address, {"name": "A"}) for address in (Address("cardholders", n) for n in NAMES)
}


def answered(name: str) -> dict[str, object]:
    """A cardholder as it comes from the wire: no text in it is the same object as any other."""
    marks = {
        "provisioner_project": "bench",
        "provisioner_address": f"cardholders.{name}",
        "provisioner_generation": "12",
        "provisioner_lifecycle": "protect",
    }
    item = {"id": f"ich_{name}", "created": 1, "name": "A", "status": "active", "metadata": marks}
    return json.loads(json.dumps(item))


def test_addresses_and_marks_that_are_alike_are_kept_once() -> None:
    observed = observer(cardholder.KIND, DECLARED)
    first, second = kept = [observed(answered(name)) for name in NAMES]
    config = Config("bench", "test", None, DECLARED)
    current = (
        take_inventory(KINDS, config, Snapshot({}, {}, {cardholder.KIND.resource: kept}))
        .estates["cardholder"]
        .current
    )

    assert len(current) == len(NAMES)
    assert all(live.address is DECLARED[live.address].address for live in current.values())
    assert all(live.stamp.address is live.address for live in current.values())
    assert first.ownership
    assert second.ownership
    assert first.ownership.address != second.ownership.address
    assert first.project is second.project
    assert first.facts is second.facts
    assert "metadata" not in first.fields


def test_what_stands_beside_the_fields_is_none_of_them() -> None:
    shipping = {"name": "A", "status": "shipped"}
    ended = {
        "id": "ic_1",
        "created": 1,
        "cancellation_reason": "lost",
        "status": "canceled",
        "shipping": shipping,
    }

    observed = observer(card.KIND)(ended)

    assert observed.facts == ObservedFacts(
        canceled_as="lost", frozen_fields=("shipping",), shipment="shipped"
    )
    assert observed.fields == {"status": "canceled", "shipping": {"name": "A"}}


def test_what_is_as_declared_is_kept_once_and_what_is_not_as_it_is() -> None:
    address = Address("cardholders", "first")
    home = {"address": {"line1": "1 Main St", "city": "Oakland", "postal_code": "94111", "country": "US"}}
    declared = Declared(address, {"name": "Acme Inc", "billing": home, "email": "a@acme.example"})
    live = {"name": "Acme Inc", "billing": json.loads(json.dumps(home)), "email": "b@acme.example"}

    observed = observer(cardholder.KIND, {address: declared})(answered("first") | live)

    assert observed.fields["billing"] is home
    assert observed.fields["email"] == "b@acme.example"


class Read(dict[str, object]):
    """Notes the names that are read of it."""

    def __init__(self, item: Mapping[str, object], names: set[str]) -> None:
        super().__init__(item)
        self.names = names

    def get(self, name: str, default: object = None) -> object:
        self.names.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> object:
        self.names.add(name)
        return super().__getitem__(name)


@pytest.mark.parametrize("kind", owned(KINDS), ids=lambda kind: kind.name)
def test_nothing_is_read_of_an_object_but_what_is_wanted_of_it(kind: Kind) -> None:
    asked, names = wanted(kind), set[str]()
    held = {"past_due": ["company.tax_id"], "disabled_reason": "rejected.listed"}
    item = answered("first") | {"requirements": held, "shipping": {"status": "shipped"}}
    observer(kind)(Read(item, names))

    assert asked
    assert names <= asked.names | asked.references
    assert {"id", "created", "metadata", "status"} <= asked.names


def test_all_of_an_object_is_wanted_of_a_kind_that_has_none_of_its_own() -> None:
    assert wanted(balance_target.KIND) is None
