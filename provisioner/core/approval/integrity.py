"""A saved plan as one piece: that nobody has edited it, who has made it, and how long it is good."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from provisioner.core.model.errors import StaleError
from provisioner.core.ownership.seal import Seal, canonical
from provisioner.core.plan.document import PlanDocument, SavedPlanDocument, as_json
from provisioner.core.plan.plan import Plan

LONGEST = timedelta(days=7)
SKEW = timedelta(minutes=10)  # by which the clock of one machine may be behind that of another
PROOFS = ("digest", "seal")


def sealed_by(plan: Plan, approved: PlanDocument) -> Seal:
    """
    The seal by which an approved plan stands for what it does not show.

    Raises StaleError where this run cannot make it.
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
    """The document with a digest of all that is in it, and one that only a holder of a key can make."""
    digest = digest_of(as_json(document))
    return replace(document, digest=digest, seal=seal.whole(digest))


def check_unedited(document: SavedPlanDocument, text: Mapping[str, Any]) -> None:
    """
    Raise StaleError where a document is not as it was saved, or its sums are not those of its changes.

    `text` is all that its file holds, keys that nobody reads included.
    """
    if document.digest != digest_of(text) or not _adds_up(document):
        raise StaleError("the saved plan has been edited since it was made; plan again")


def check_maker(plan: Plan, document: SavedPlanDocument) -> None:
    """
    Raise StaleError where a saved plan was not made with a key of the account that it is applied on.

    Whoever can edit the file can make a new digest of it, but no new seal.
    """
    whose, here = ((each.project, each.mode, each.account) for each in (document, plan))
    # of an account that is not known only the key tells, which the seal is made of then
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
    "account": "was made with a key that reads other details of the account",
    "key": "was made with another key (if a key cannot read its account, only that key can apply its plans)",
}


def check_time(document: SavedPlanDocument, now: datetime) -> None:
    """Raise StaleError where a saved plan is not good any more, or was made in the future."""
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
    """The digest of all that is in the JSON of a document but for its proofs."""
    told = {name: value for name, value in text.items() if name not in PROOFS}
    return "sha256:" + hashlib.sha256(canonical(told).encode()).hexdigest()


def _adds_up(document: SavedPlanDocument) -> bool:
    """Whether what is shown first is the sum of the changes that are shown below it."""
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
