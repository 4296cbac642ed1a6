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
    One write: `service.verb(id, params)` in the words of Stripe's SDK.

    References in `id` and `params` are bound to ids when the call is made. `key` is the idempotency
    key; None asks for a fresh one, which is right for calls that only set values. `private` says that the
    object has values that must not be shown, which Stripe's messages about it may quote. `event` is the type
    of the event that tells of what it creates, empty where there is none.
    """

    service: str
    verb: str
    id: str | Ref | None
    params: Mapping[str, Any]
    key: str | None = None
    private: bool = False
    event: str = ""


BOOKKEEPING = ("rename", "mark")  # what steps do that write our marks alone


class Phase(IntEnum):
    """
    The order of an apply: wherever it stops, no more can be spent than old and new both allow.

    PREPARE is what gives no power and is asked of a cardholder before cards can be made active. FINISH ends
    what a replacement has replaced; ACTIVATE comes after it, so that there are never two spendable cards
    where one is declared. WIDEN gives power to what others refer to (a cardholder), when none of them is
    wider any more than it is to be.
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
    A call in its place: what it does to which address, and which addresses it refers to.

    What it refers to must exist before, and is never written at the same time (a card's cardholder).
    `fields` are those of the kind, by which Stripe's answer is read, and `events` the types of the events
    that tell of its objects. `ended` is the id of an object that must have ended before, and `ends` that of
    one that Stripe ends by itself with this step; empty without one. `claims` says that the object gets an
    address at which another one may stand that Stripe's lists have not shown yet: by a rename, or by a
    creation that follows what has ended. `seen` are the values in Stripe, by field, that the call is made of,
    so that it is not made where they have changed since. `relied_on` says that something which gives spending
    power goes with it, so that it is looked at once more after Stripe has accepted it.
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
        """Whether it writes only our marks, and nothing depends on it: no successor, and no new address."""
        return self.does in BOOKKEEPING and self.phase is not Phase.PREPARE and not self.claims


def creation_key(project: str, address: Address, generation: int, follows: str) -> str:
    """
    The idempotency key of a creation: the same for every run that sees the same past.

    Not from the parameters, so two runs with different YAML cannot both create; from the id of the object
    that it follows, so that a card canceled and created again within 24 hours is a new card. Not from those
    before that one: which of them count depends on the earlier names that the YAML gives.
    """
    return _key("create", project, str(address), str(generation), follows)


def funding_key(currency: str, newest: str | None) -> str:
    """
    The idempotency key of a top-up: one for each state of the past, as the newest top-up's id tells it.

    `newest` is that of a balance target of any project, as the balance is the account's. Stripe keeps keys by
    account; the account's id is not in them, as not every key may read it.
    """
    return _key("top_up", currency, newest or "none")


def attempt_key(key: str, attempt: int) -> str:
    """
    The key of one attempt, counted from 0.

    A next one is made only where Stripe has kept a failure under the one before, which every run finds
    alike.
    """
    return _key(key, str(attempt)) if attempt else key


def _key(*parts: str) -> str:
    """A digest, so that it fits 255 characters and says nothing about anybody."""
    return "provisioner-" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:48]


def resolve_refs(value: Any, ids: Mapping[Address, str]) -> Any:
    """
    Put ids in the place of references.

    Raises KeyError with the address that has no id yet.
    """
    if isinstance(value, Ref):
        return ids[value.address]
    if isinstance(value, Mapping):
        return {name: resolve_refs(item, ids) for name, item in value.items()}
    if isinstance(value, list):
        return [resolve_refs(item, ids) for item in value]
    return value
