"""
Keyed digests, which stand for values that a saved plan does not show.

With an unkeyed digest of a limit, an address or a birthday, the value could be guessed quickly. Every run
derives the secret of these digests from data in Stripe that only holders of a key of the account can read.
The secret is not stored.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from provisioner.core.model.snapshot import Snapshot
from provisioner.core.schema.kind import Kind, owned

LENGTH = 32  # hexadecimal: 128 bits
Source = Literal["project", "account", "key"]
PROJECT_SALT: Source = "project"
ACCOUNT: Source = "account"
KEY: Source = "key"
# they do not change while a plan is valid, and no plan contains them; the id distinguishes accounts
DETAILS = (
    "id",
    "created",
    "email",
    "business_type",
    "business_profile",
    "company",
    "individual",
    "tos_acceptance",
)


class Seal:
    """A secret that makes digests; `source` says what the secret was derived from."""

    __slots__ = ("_secret", "source")

    def __init__(self, source: Source, material: Any) -> None:
        text = json.dumps(["provisioner plan", source, material], sort_keys=True, default=str)
        self.source: Source = source
        self._secret = hashlib.sha256(text.encode()).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seal) and (self.source, self._secret) == (other.source, other._secret)

    def __hash__(self) -> int:
        return hash((self.source, self._secret))

    def __call__(self, *values: Any) -> str:
        """Return a digest of values that cannot be computed or reversed without the secret."""
        return self.whole(*values)[:LENGTH]

    def whole(self, *values: Any) -> str:
        """Return the same digest at its full length."""
        return hmac.digest(self._secret, canonical(values).encode(), "sha256").hex()


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


def canonical(value: Any) -> str:
    """Return a value as text that is the same for equal values, whatever the order of their keys."""
    return _encode(value)


def account_of(world: Snapshot) -> str:
    """Return the account's id from Stripe, or the one named in the request; empty if neither is known."""
    return str(world.account.get("id") or world.named)


def salt_of(kinds: Sequence[Kind], project: str, world: Snapshot) -> str:
    """
    Return the project's salt, or an empty string if the project has no objects.

    It is in the ownership metadata of the project's oldest object, of the first kind that has any. Every
    object of the project has the same one, so it outlives those that are deleted.
    """
    for kind in owned(kinds):
        for each in reversed(world.objects.get(kind.resource, ())):
            if each.ownership and each.ownership.project == project:
                return each.ownership.salt
    return ""


def new_salt(world: Snapshot, project: str) -> str:
    """Return a salt for a project that has none yet; every run with the same key computes the same one."""
    return Seal(KEY, world.key)("salt", project) if world.key else ""


def seals_of(world: Snapshot, project: str, salt: str) -> Mapping[str, Seal]:
    """
    Return the seals that a run can make from what it reads, by their source, the best one first.

    `project` is derived from the project's salt, which anyone with a key or the Dashboard can read in Stripe.
    `account` is derived from account data that every key can read. `key` is derived from the key itself,
    which no other key knows; it is the only way to distinguish accounts if the account is unknown.
    """
    found: list[Seal] = []
    if salt and account_of(world):
        found.append(Seal(PROJECT_SALT, [project, salt]))
    if world.account.get("id"):
        banks: Sequence[Mapping[str, Any]] = (world.account.get("external_accounts") or {}).get("data") or ()
        details = [world.account.get(name) for name in DETAILS]
        found.append(Seal(ACCOUNT, [details, [[x.get("id"), x.get("fingerprint")] for x in banks]]))
    found.append(Seal(KEY, world.key))
    return {seal.source: seal for seal in found}
