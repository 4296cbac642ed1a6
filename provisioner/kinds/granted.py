"""The values that a grant can give a card temporarily. They never lower what the card may spend."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.kind import FieldFault
from provisioner.kinds.categories import CATEGORIES
from provisioner.kinds.spending_controls import LIMITS, by_scope

ALLOWED, ADDED = "allowed_categories", "allowed_categories_added"
GRANT_FIELDS = (
    replace(
        LIMITS, doc="Limits in place of lower ones that the cards have for the same interval and categories."
    ),
    Field("status", doc="Activates cards that are inactive.", choices=("active",)),
    Field(
        ADDED,
        Shape.SET,
        doc="Categories to approve in addition to the cards' `allowed_categories`.",
        choices=CATEGORIES,
        example=["hotels_motels_and_resorts"],
    ),
)


def granted(fields: Mapping[str, Any], power: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of a card with a grant's values merged in; a higher limit stays."""
    out = dict(fields) | ({"status": power["status"]} if "status" in power else {})
    controls = dict(fields.get("spending_controls") or {})
    raised = by_scope(power.get("spending_limits"))
    if raised and (limits := controls.get("spending_limits")):
        controls["spending_limits"] = tuple(
            {**row, "amount": max(row["amount"], raised.get(scope, 0))}
            for row in limits
            for scope in by_scope([row])
        )
    if ADDED in power and controls.get(ALLOWED):
        controls[ALLOWED] = tuple(sorted({*controls[ALLOWED], *power[ADDED]}))
    return out | ({"spending_controls": controls} if controls else {})


def grant_faults(fields: Mapping[str, Any], power: Mapping[str, Any]) -> Iterator[FieldFault]:
    """
    Yield faults for values of a grant without a limit or list on the card to return to when the grant
    ends.
    """
    controls = fields.get("spending_controls") or {}
    limits = by_scope(controls.get("spending_limits"))
    for at, row in enumerate(power.get("spending_limits", ())):
        if by_scope([row]).keys() - limits.keys():
            text = f"has no {row['interval']} limit for the same categories, which the grant would raise"
            yield FieldFault(("spending_limits", at), f"{text}; declare one on the card")
    if ADDED in power and not controls.get(ALLOWED):
        yield FieldFault((ADDED,), f"has no {ALLOWED!r}, to which the grant would add")
