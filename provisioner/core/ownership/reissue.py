"""
Reissues: a new card replaces one that is lost, stolen, damaged or about to expire.

docs.stripe.com/issuing/cards/replacements: a lost or stolen card is canceled before it is replaced; a damaged
or expired one can be used until its successor is activated, which cancels it.
"""

from collections.abc import Set as AbstractSet

from provisioner.core.model.resource import Address, Declared, Live, references
from provisioner.core.schema.kind import Kind


def reissued_for(declared: Declared, live: Live) -> str:
    """Return the reason of a requested reissue that is not done yet; empty if there is none."""
    asked = declared.lifecycle.reissue
    return asked.reason if asked and asked.number > live.stamp.reissued else ""


def says_self_canceled(live: Live) -> str:
    """
    Return the message for an object that ended by its own fields, as configured, and how to get a new
    one.
    """
    number = live.stamp.reissued + 1
    again = f"set lifecycle.reissue.number: {number} to get a new one, or remove it from the configuration"
    return f"{live.self_canceled}; {again}"


def says_used(kind: Kind, declared: Declared, live: Live) -> str:
    """
    Return the message for a reissue whose number was already used; empty if it was not.

    A completed reissue stays in the YAML with the same number and reason. The reason for which a number was
    used is known only if the card refers to its predecessor; otherwise, none is given.
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
    Return the parameters with which a new object refers to its predecessor; empty if it must not do so.

    It must not if the two differ in fields that must be the same (a reference to one of the `replaced` always
    differs). It may refer to a canceled object only with the reason of that cancellation: Stripe accepts lost
    or stolen only for a card that is marked so (docs.stripe.com/api/issuing/cards/create).
    """
    why, terms = reissued_for(declared, live), kind.replacement
    if not why or not terms or replaced & references(declared.fields):
        return {}
    if any(declared.fields.get(name) != live.fields.get(name) for name in terms.shared_fields):
        return {}
    if live.final and (why not in terms.ends_first or live.canceled_as != why):
        return {}
    return {terms.predecessor: live.id, terms.reason: why}
