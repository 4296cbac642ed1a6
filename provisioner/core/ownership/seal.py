"""Keyed digests, by which a saved plan stands for values that it does not show.

An unkeyed digest of a limit, an address or a birthday can be guessed back in no time. The secret of these
is made anew, by every run, of what only holders of a key of the account can read in Stripe. It is written
nowhere.
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
# what stays as it is for as long as a plan is good, and is in no plan; the id tells accounts apart
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
    """Makes digests with a secret; `source` says what the secret was made of."""

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
        """A digest of values, which nobody makes or guesses back without the secret."""
        return self.whole(*values)[:LENGTH]

    def whole(self, *values: Any) -> str:
        """The same digest, uncut."""
        return hmac.digest(self._secret, canonical(values).encode(), "sha256").hex()


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


def canonical(value: Any) -> str:
    """A value as text: the same for equal values, whatever the order of their keys."""
    return _encode(value)


def account_of(world: Snapshot) -> str:
    """The account: as Stripe says, else as Stripe was told; empty where neither is known."""
    return str(world.account.get("id") or world.named)


def salt_of(kinds: Sequence[Kind], project: str, world: Snapshot) -> str:
    """
    The project's salt, which stands in the marks of its oldest object of the first kind; empty without one.

    Objects are never deleted, so it is the same for all runs.
    """
    for kind in owned(kinds):
        for each in reversed(world.objects.get(kind.resource, ())):
            if each.ownership and each.ownership.project == project:
                return each.ownership.salt
    return ""


def new_salt(world: Snapshot, project: str) -> str:
    """A salt for a project that has none yet: every run with one key makes the same."""
    return Seal(KEY, world.key)("salt", project) if world.key else ""


def seals_of(world: Snapshot, project: str, salt: str) -> Mapping[str, Seal]:
    """
    The seals that a run can make of what it reads, by their source, the best one first.

    `project`: the project's salt, which is in Stripe for those who have a key or the Dashboard. `account`:
    what every key reads of the account. `key`: the key itself, which no other key knows; nothing else tells
    accounts apart where the account is not known.
    """
    found: list[Seal] = []
    if salt and account_of(world):
        found.append(Seal(PROJECT_SALT, [project, salt]))
    if world.account.get("id"):
        found.append(Seal(ACCOUNT, _details(world.account)))
    found.append(Seal(KEY, world.key))
    return {seal.source: seal for seal in found}


def _details(account: Mapping[str, Any]) -> list[Any]:
    banks: Sequence[Mapping[str, Any]] = (account.get("external_accounts") or {}).get("data") or ()
    return [[account.get(name) for name in DETAILS], [[x.get("id"), x.get("fingerprint")] for x in banks]]
