"""A part of the world that stands for all of it: what was in sync and has not moved is left out."""

from collections.abc import Collection, Iterable

from provisioner.core.change import Action, Change
from provisioner.core.estate import Survey
from provisioner.core.kind import Kind


def stands_for_all(
    kinds: Iterable[Kind], surveyed: Survey, changes: Iterable[Change], left_out: Collection[str]
) -> bool:
    """
    Whether what was found in a part is what would be found in all of it.

    It is not where an object that others refer to is replaced, for those would follow; nor where
    something refers to an object of ours that was left out and is not declared.
    """
    referred = {field.refers_to for kind in kinds for field in kind.fields if field.refers_to}
    for change in changes:
        made_anew = change.action in (Action.REPLACE, Action.CREATE) and change.generation > 1
        if made_anew and change.address.section in referred:
            return False
    lives = [live for estate in surveyed.estates.values() for live in estate.current.values()]
    refs = {value for live in lives for value in live.fields.values() if isinstance(value, str)}
    return refs.isdisjoint(left_out)
