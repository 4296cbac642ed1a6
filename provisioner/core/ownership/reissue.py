"""Reissue: a new card in place of one that is lost, stolen, damaged or about to expire.

docs.stripe.com/issuing/cards/replacements: a lost or stolen card is canceled before it is replaced; a
damaged or expired one stays usable until its successor is activated, which cancels it.
"""

from collections.abc import Set as AbstractSet

from provisioner.core.model.resource import Address, Declared, Live, references
from provisioner.core.schema.kind import Kind


def reissued_for(declared: Declared, live: Live) -> str:
    """Return the reason of a reissue that is requested and not done yet, or an empty string."""
    asked = declared.lifecycle.reissue
    return asked.reason if asked and asked.number > live.stamp.reissued else ""


def says_self_canceled(live: Live) -> str:
    """Return the message for an object that ended by itself, as declared, with how to get a new one."""
    number = live.stamp.reissued + 1
    again = f"set lifecycle.reissue.number: {number} to get a new one, or remove it from the configuration"
    return f"{live.self_canceled}; {again}"


def says_used(kind: Kind, declared: Declared, live: Live) -> str:
    """
    Return the message for a reissue whose number was already used, or an empty string if all is well.

    A completed reissue stays in the YAML with the same number and reason. The reason that a number was used
    for is known only if the card names its predecessor; for others, such as a new card, none is given.
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
    Return the parameters by which a new object names its predecessor, or none if it must not name it.

    It must not if fields differ that both must share (a reference to one of the `replaced` differs). It may
    name a canceled object only with the reason of that cancellation: Stripe accepts lost or stolen for a card
    that is marked so (docs.stripe.com/api/issuing/cards/create). Otherwise it names no predecessor.
    """
    why, terms = reissued_for(declared, live), kind.replacement
    if not why or not terms or replaced & references(declared.fields):
        return {}
    if any(declared.fields.get(name) != live.fields.get(name) for name in terms.shared_fields):
        return {}
    if live.final and (why not in terms.ends_first or live.canceled_as != why):
        return {}
    return {terms.predecessor: live.id, terms.reason: why}
