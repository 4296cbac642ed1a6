"""Calls: one HTTP request as a value, so that a plan can be shown, hashed and saved before any is made."""

import hashlib
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from msgspec import Struct

from provisioner.core.model.resource import Address, Ref
from provisioner.core.schema.field import Direction, Field


class Call(Struct, frozen=True):
    """
    Describe one write: `service.verb(id, params)`, named as in Stripe's SDK.

    References in `id` and `params` are replaced by ids when the call is made. `key` is the idempotency key;
    None requests a fresh one, which is right for calls that only set values. `private` says that the object
    has values that must not be shown, which Stripe's messages about it may quote. `event` is the type of the
    event that reports the created object, empty if there is none.
    """

    service: str
    verb: str
    id: str | Ref | None
    params: Mapping[str, Any]
    key: str | None = None
    private: bool = False
    event: str = ""


BOOKKEEPING = ("rename", "mark")  # `Step.does` of updates of ownership metadata only


class Phase(IntEnum):
    """
    The order of an apply: wherever it stops, no more can be spent than old and new both allow.

    PREPARE does not raise spending; it sets what a cardholder needs before its cards can be made active.
    FINISH ends what a replacement has replaced. ACTIVATE comes after it, so that there are never two
    spendable cards where one is declared. WIDEN raises what others refer to (a cardholder), once none of the
    objects that refer to it is wider than it is to be.
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
    """
    A call with its context: its action, its address, and the addresses that it refers to.

    What it refers to must exist before, and is never written at the same time (a card's cardholder). `fields`
    are those of the kind, used to read Stripe's answer, and `events` the types of the events that report its
    objects. `ended` is the id of an object that must have ended before, and `ends` the id of one that Stripe
    ends by itself with this step; empty without one. `claims` says that the object gets an address that
    another object may have, which Stripe's lists have not shown yet: by a rename, or by a creation that
    follows an ended object. `seen` holds the values in Stripe, by field, that the call is made from: if they
    have changed since, the call is not made. `relied_on` says that something which raises spending depends on
    this step, so the object is checked once more after Stripe has accepted the call.
    """

    phase: Phase
    address: Address
    does: str
    call: Call
    needs: frozenset[Address] = frozenset()
    direction: Direction = Direction.NEUTRAL
    fields: tuple[Field, ...] = ()
    events: tuple[str, ...] = ()
    ended: str = ""
    ends: str = ""
    claims: bool = False
    seen: Mapping[str, Any] = {}
    relied_on: bool = False

    @property
    def marks_only(self) -> bool:
        """
        Return True if it writes only ownership metadata, and nothing depends on it.

        Something depends on it where there is a successor, or where the object gets a new address.
        """
        return self.does in BOOKKEEPING and self.phase is not Phase.PREPARE and not self.claims


def creation_key(project: str, address: Address, generation: int, follows: str) -> str:
    """
    Return the idempotency key of a creation: the same for every run that sees the same past.

    It does not depend on the parameters, so two runs with different YAML cannot both create. It depends on
    the id of the object that the new one follows, so a card canceled and created again within 24 hours is a
    new card. It does not depend on the objects before that one: which of them count depends on the earlier
    names in the YAML.
    """
    return _key("create", project, str(address), str(generation), follows)


def funding_key(currency: str, newest: str | None) -> str:
    """
    Return the idempotency key of a top-up: one for each state of the past, identified by the newest top-up.

    `newest` is the id of the newest top-up for a balance target of any project, because the balance belongs
    to the account. Stripe keeps keys by account; the account's id is not part of them, because not every key
    may read it.
    """
    return _key("top_up", currency, newest or "none")


def attempt_key(key: str, attempt: int) -> str:
    """
    Return the key of one attempt, counted from 0.

    The next attempt is made only where Stripe has kept a failure under the previous key, and every run finds
    the same.
    """
    return _key(key, str(attempt)) if attempt else key


def _key(*parts: str) -> str:
    """Return a digest of the parts, which fits into 255 characters and reveals nothing about anybody."""
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
