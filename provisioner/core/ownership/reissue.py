"""Reissue: a new card in place of one that is lost, stolen, damaged or about to expire.

docs.stripe.com/issuing/cards/replacements: a lost or stolen card is canceled before it is replaced; a
damaged or expired one stays usable until its successor is activated, which cancels it.
"""

from collections.abc import Set as AbstractSet

from provisioner.core.model.resource import Address, Declared, Live, references
from provisioner.core.schema.kind import Kind


def reissued_for(declared: Declared, live: Live) -> str:
    """The reason of a reissue that is asked for and not done yet, else empty."""
    asked = declared.lifecycle.reissue
    return asked.reason if asked and asked.number > live.stamp.reissued else ""


def says_self_canceled(live: Live) -> str:
    """What to say of an object that has ended as it was declared to, and how to have another."""
    number = live.stamp.reissued + 1
    again = f"set lifecycle.reissue.number: {number} to get a new one, or remove it from the configuration"
    return f"{live.self_canceled}; {again}"


def says_used(kind: Kind, declared: Declared, live: Live) -> str:
    """
    What to say of a reissue that is asked for under a number which was used already; empty where all is well.

    The same number with the same reason is how a reissue that was done stays in the YAML. What it was used
    for is known of a card that names the one before it; of others, such as one made anew, nothing is said.
    """
    asked, used = declared.lifecycle.reissue, live.stamp.reissued
    if asked is None or asked.number > used or not kind.replacement:
        return ""
    was = live.fields.get(kind.replacement.reason, "")
    if asked.number == used and was in ("", asked.reason):
        return ""
    why = f" ({was})" if was and asked.number == used else ""
    return f"reissue: number {asked.number} was already used{why}; set number: {used + 1} to reissue again"


def successor(kind: Kind, declared: Declared, live: Live, replaced: AbstractSet[Address]) -> dict[str, str]:
    """
    The parameters by which a new object names the one that it is issued for, where it may.

    Not where fields differ that both must share (a reference to one of the `replaced` does); and of one that
    is canceled already only as what it was canceled as: Stripe takes lost and stolen of a card that is marked
    so (docs.stripe.com/api/issuing/cards/create). Otherwise it is new, with nothing said of the old one.
    """
    why, terms = reissued_for(declared, live), kind.replacement
    if not why or not terms or replaced & references(declared.fields):
        return {}
    if any(declared.fields.get(name) != live.fields.get(name) for name in terms.shared_fields):
        return {}
    if live.final and (why not in terms.ends_first or live.canceled_as != why):
        return {}
    return {terms.predecessor: live.id, terms.reason: why}
