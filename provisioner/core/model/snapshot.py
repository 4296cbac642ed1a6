"""What one read of Stripe has answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct


class Snapshot(Struct, frozen=True):
    """What Stripe answered, as plain JSON: the account, its balance, and every object by resource.

    `objects` maps a resource (`issuing/cards`) to its objects, newest first as Stripe lists them;
    `instructions` say where to wire money to, for accounts that Stripe cannot pull for. `key` is a digest of
    the API key that it was read with, and `named` the account that Stripe was told to act for
    (STRIPE_ACCOUNT).
    """

    account: Mapping[str, Any]
    balance: Mapping[str, Any]
    objects: Mapping[str, Sequence[Mapping[str, Any]]]
    instructions: Sequence[Mapping[str, Any]] = ()
    key: str = ""
    named: str = ""
