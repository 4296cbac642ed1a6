"""Checks a saved plan as a whole: that nobody has edited it, who made it, and how long it is valid."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from provisioner.core.model.errors import StaleError
from provisioner.core.model.json_text import members
from provisioner.core.ownership.seal import Seal, canonical
from provisioner.core.plan.document import PlanDocument, SavedPlanDocument
from provisioner.core.plan.plan import Plan

LONGEST = timedelta(days=7)
SKEW = timedelta(minutes=10)  # the clock of one machine may be this far behind that of another
PROOFS = ("digest", "seal")


def sealed_by(plan: Plan, approved: PlanDocument) -> Seal:
    """
    Return the seal for the digests of values that an approved plan does not show.

    Raises StaleError if this run cannot compute that seal.
    """
    source = approved.keyed_with
    if source not in plan.seals:
        raise StaleError(f"the saved plan cannot be checked with this key: {NEEDS[source]}")
    return plan.seals[source]


NEEDS = {
    "project": "it was made when the project's oldest object had a salt in its metadata; plan again",
    "account": "it was made with a key that can read the account, and this key cannot; allow that",
    "key": "it was made with a key that cannot read its account, so only that key can apply it",
}


def proven(document: PlanDocument, seal: Seal) -> PlanDocument:
    """Return the document with two digests of its content; only a holder of the key can make the second."""
    digest = digest_of(members(document))
    return replace(document, digest=digest, seal=seal.whole(digest))


def check_unedited(document: SavedPlanDocument, text: Mapping[str, Any]) -> None:
    """
    Raise StaleError if a document has been edited since it was saved, or its sums do not match its changes.

    `text` is the whole content of its file, including keys that are not used.
    """
    if document.digest != digest_of(text) or not _adds_up(document):
        raise StaleError("the saved plan has been edited since it was made; plan again")


def check_maker(plan: Plan, document: SavedPlanDocument) -> None:
    """
    Raise StaleError if a saved plan was not made with a key of the account that it is applied to.

    Whoever can edit the file can make a new digest of it, but not a new seal.
    """
    whose, here = ((each.project, each.mode, each.account) for each in (document, plan))
    # If the account is unknown, only the key identifies it, and the seal is derived from that key.
    if whose != here and (document.account or whose[:2] != here[:2]):
        raise StaleError(
            f"the saved plan is for another project, mode, or account: {_said(whose)}; this is {_said(here)}"
        )
    seal = sealed_by(plan, document)
    if seal.whole(document.digest) != document.seal:
        raise StaleError(
            f"the saved plan has been edited since it was made, or {MADE[seal.source]}; plan again"
        )


MADE = {
    "project": "was made in another account",
    "account": "was made with a key that sees different account details",
    "key": "was made with another key (if a key cannot read its account, only that key can apply its plans)",
}


def check_time(document: SavedPlanDocument, now: datetime) -> None:
    """Raise StaleError if a saved plan has expired, or was made in the future."""
    created, expires = map(datetime.fromisoformat, (document.created, document.expires))
    if now >= min(expires, created + LONGEST):
        raise StaleError(
            f"the saved plan was made at {_minute(created)}; it expired at {_minute(expires)}; plan again"
        )
    if now < created - SKEW:
        raise StaleError(
            f"the saved plan was made at {_minute(created)}, which is in the future; check the clock"
        )


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _said(whose: tuple[str, str, str]) -> str:
    project, mode, account = whose
    return f"{project}, {mode} mode, account {account or 'unknown'}"


def digest_of(text: Mapping[str, Any]) -> str:
    """Return the digest of everything in the JSON of a document except its proofs, by its members."""
    digest, before = hashlib.sha256(), "{"
    for name in sorted(text.keys() - PROOFS):
        digest.update(f"{before}{canonical(name)}:".encode())
        for part in _canonical_parts(text[name]):
            digest.update(part.encode())
        before = ","
    digest.update(b"}")
    return "sha256:" + digest.hexdigest()


def _canonical_parts(value: Any) -> Iterator[str]:
    """Yield the canonical text of a member, that of a list entry by entry."""
    if not isinstance(value, list | tuple) or not value:
        yield canonical(to_builtins(value))
        return
    before = "["
    for each in value:
        yield before + canonical(to_builtins(each))
        before = ","
    yield "]"


def _adds_up(document: SavedPlanDocument) -> bool:
    """Return True if the numbers at the top are the sums of the changes below them."""
    changes, shown = document.changes, document.blast_radius
    counts = Counter(change.counted_as for change in changes)
    money: Counter[str] = Counter()
    for change in changes:
        if change.money:
            money[change.money.currency] += change.money.amount
    return (
        all(counts[name] == count for name, count in document.summary.counts.items())
        and {each.currency: each.amount for each in shown.money} == money
        and shown.final == sum(bool(change.final) for change in changes)
    )
