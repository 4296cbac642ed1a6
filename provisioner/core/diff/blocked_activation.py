"""
Finds cards that cannot be activated because Stripe restricts their cardholder, and the working cards that
would be lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from provisioner.core.diff.change import Action, Change, Note
from provisioner.core.model.resource import Address, Live, references
from provisioner.core.ownership.reissue import reissued_for
from provisioner.core.schema.kind import Kind


def not_activated(
    kinds: Iterable[Kind],
    changes: Sequence[Change],
    held: AbstractSet[Address],
    lives: Mapping[Address, Live],
) -> tuple[list[Change], list[Note]]:
    """
    Return the changes, and notes on the cards that cannot be activated.

    A change that ends a working card in exchange for one that cannot work is marked `stranded`. `held` has
    the addresses that Stripe restricts, or will restrict once they are created; `lives` has all objects.
    """
    told, notes = [], []
    by_name = {kind.name: kind for kind in kinds}
    for change in changes:
        kind = by_name[change.kind]
        ends_after = kind.replacement is not None and kind.replacement.ends_after(change.params)
        fields = change.declared.fields if change.declared else {}
        names = " and ".join(str(holder) for holder in sorted(references(fields) & held))
        is_replaced = change.action is Action.REPLACE and fields.get("status") == "active"
        stranded = bool(names) and is_replaced and not ends_after and _is_lost_by_it(kind, change, lives)
        told.append(replace(change, stranded=True) if stranded else change)
        refused = f"cannot be activated until Stripe's requirements for {names} are met"
        if names and is_replaced:
            ends = "stays in use for now:" if ends_after else "will be canceled, and"
            notes.append(Note(str(change.address), f"{ends} its replacement {refused}"))
        elif names and any(edit.path == "status" and edit.after == "active" for edit in change.edits):
            notes.append(Note(str(change.address), refused))
    return told, notes


def _is_lost_by_it(kind: Kind, change: Change, lives: Mapping[Address, Live]) -> bool:
    """Return True if a card works now and will end, although nobody reported it lost or stolen."""
    live, declared = change.live, change.declared
    if live is None or declared is None or live.status != "active":
        return False
    holders = [lives[address] for address in references(live.fields) if address in lives]
    works = all(holder.status in ("", "active") and not holder.outstanding for holder in holders)
    return works and not kind.ends_first(reissued_for(declared, live))
