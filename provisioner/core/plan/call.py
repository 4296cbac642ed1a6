"""Calls: HTTP requests as values, so that a plan can be shown, hashed and saved before any is made."""

import hashlib
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from msgspec import Struct

from provisioner.core.model.resource import Address, Ref, SecretTo
from provisioner.core.schema.field import Direction, Field


class Call(Struct, frozen=True):
    """One write: `service.verb(id, params)`, named as in Stripe's SDK; references are resolved when made."""

    service: str
    """The service, such as `issuing.cards`."""
    verb: str
    """The method, such as `create`."""
    id: str | Ref | None
    """The id of the object; None for a creation."""
    params: Mapping[str, Any]
    """The parameters."""
    key: str | None = None
    """The idempotency key; None requests a fresh one, which is right for calls that only set values."""
    private: bool = False
    """True if the object has values that must not be shown, because Stripe's messages may quote them."""
    event: str = ""
    """The type of the event that reports the created object; empty if there is none."""


class Handover(Struct, frozen=True):
    """A secret that Stripe shows only when it creates an object, and its destination."""

    name: str
    """The name of the secret in Stripe's response."""
    to: SecretTo
    """The destination."""
    address: Address
    """The address of the object."""
    beside: str = ""
    """The configuration file, to which paths are relative."""
    of: str = ""
    """The id of the object if it exists already and its creation is requested again; empty for a new one."""


BOOKKEEPING = ("rename", "mark")  # the value of `Step.does` for updates of ownership metadata only


class Phase(IntEnum):
    """
    The phases of an apply, in an order that never allows more spending than both old and new state, even if
    it stops.

    PREPARE does not raise spending; it sets what a cardholder needs before its cards can be activated. CREATE
    also activates new physical cards. FINISH ends the objects that a replacement replaced. ACTIVATE comes
    after it, so that there are never two spendable cards at one address. WIDEN raises the limits of objects
    that others refer to (a cardholder), after every object that refers to them has been lowered to its new
    limits.
    """

    TIGHTEN = 0
    PREPARE = 1
    CREATE = 2
    FINISH = 3
    UPDATE = 4
    ACTIVATE = 5
    WIDEN = 6
    MONEY = 7


class Step(Struct, frozen=True):
    """A call with its context."""

    phase: Phase
    """The part of an apply to which it belongs."""
    address: Address
    """The address."""
    does: str
    """The action, such as `create` or `tighten`."""
    call: Call
    """The request."""
    needs: frozenset[Address] = frozenset()
    """
    Addresses that must exist before, and must not be written at the same time, such as a card's
    cardholder.
    """
    direction: Direction = Direction.NEUTRAL
    """The direction: broadening raises spending, tightening lowers it."""
    fields: tuple[Field, ...] = ()
    """The fields of the kind, used to read Stripe's answer."""
    events: tuple[str, ...] = ()
    """The types of the events that report its objects."""
    ended: str = ""
    """The id of an object that must have ended before this step; empty if there is none."""
    ends: str = ""
    """The id of an object that Stripe itself ends with this step; empty if there is none."""
    claims: bool = False
    """True if the object gets an address that another one may have, which Stripe's lists may not show yet."""
    seen: Mapping[str, Any] = {}
    """The values in Stripe, by field, on which the call is based; if they have changed, it is not made."""
    relied_on: bool = False
    """
    True if something that raises spending depends on it, so that the object is checked again
    afterwards.
    """
    handover: Handover | None = None
    """The destination of the secret in Stripe's response; None if there is no secret or no destination."""

    @property
    def marks_only(self) -> bool:
        """
        Return True if the step writes only ownership metadata, and nothing depends on it.

        Something depends on it if there is a successor, or if the object gets a new address.
        """
        return self.does in BOOKKEEPING and self.phase is not Phase.PREPARE and not self.claims


def creation_key(project: str, address: Address, generation: int, follows: str) -> str:
    """
    Return the idempotency key of a creation, which is the same for every run that sees the same past.

    It does not depend on the parameters, so two runs with different YAML cannot both create. It depends on
    the id of the object that the new one follows, so a card canceled and created again within 24 hours is a
    new card. It does not depend on older objects, because which of them belong to the address depends on the
    earlier names in the YAML.
    """
    return _key("create", project, str(address), str(generation), follows)


def funding_key(currency: str, newest: str | None) -> str:
    """
    Return the idempotency key of a top-up: one for each newest earlier top-up.

    `newest` is the id of the newest top-up for a balance target of any project, because the balance belongs
    to the account. Stripe stores keys by account. The account's id is not part of them, because not every key
    may read it.
    """
    return _key("top_up", currency, newest or "none")


def attempt_key(key: str, attempt: int) -> str:
    """
    Return the key of one attempt, counted from 0.

    The next attempt is made only if Stripe has stored a failure under the previous key; every run finds the
    same failure.
    """
    return _key(key, str(attempt)) if attempt else key


def _key(*parts: str) -> str:
    """Return a digest of the parts, which fits into 255 characters and reveals nothing personal."""
    return "provisioner-" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:48]


def resolve_refs(value: Any, ids: Mapping[Address, str]) -> Any:
    """
    Return a value with its references replaced by ids.

    Raises KeyError with the address that has no id yet.
    """
    if isinstance(value, Ref):
        return ids[value.address]
    if isinstance(value, Mapping):
        return {name: resolve_refs(item, ids) for name, item in value.items()}
    if isinstance(value, list):
        return [resolve_refs(item, ids) for item in value]
    return value
