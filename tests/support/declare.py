"""Configurations made of plain values, without YAML."""

from collections.abc import Mapping
from typing import Any

from provisioner.core.model.config import Config, Guardrails
from provisioner.core.model.resource import Address, Declared, Lifecycle, Ref

PROJECT = "shop"
PLAIN, NO_LIMITS = Lifecycle(), Guardrails()
HOLDER: Mapping[str, Any] = {
    "name": "Acme Inc",
    "type": "company",
    "billing": {
        "address": {"line1": "1 Main St", "city": "Oakland", "postal_code": "94111", "country": "US"}
    },
}


def holder(called: str = "acme", lifecycle: Lifecycle = PLAIN, **fields: Any) -> Declared:
    return Declared(Address("cardholders", called), {**HOLDER, **fields}, lifecycle)


def card(called: str = "ads", lifecycle: Lifecycle = PLAIN, **fields: Any) -> Declared:
    """A virtual card of `acme`; a field that is None is left out."""
    of = Ref(Address("cardholders", fields.pop("cardholder", "acme")))
    whole = {"cardholder": of, "currency": "usd", "type": "virtual", "status": "active", **fields}
    return Declared(
        Address("cards", called), {name: item for name, item in whole.items() if item is not None}, lifecycle
    )


def target(amount: int, **fields: int) -> Declared:
    return Declared(Address("balance_targets", "usd"), {"target": amount, **fields})


def config(*declared: Declared, guardrails: Guardrails = NO_LIMITS, project: str = PROJECT) -> Config:
    return Config(project, "test", None, {each.address: each for each in declared}, guardrails)
