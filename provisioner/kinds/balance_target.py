"""Balance targets: the money to keep for the cards of one currency. The name of a target is its currency."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.model.resource import Address
from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.kind import FieldFault, Kind, Role

CURRENCY = "^[a-z]{3}$"


def _amount(name: str, doc: str, **facts: Any) -> Field:
    return Field(name, Shape.AMOUNT, doc=doc, example="20,000.00 USD", **facts)


def check(fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Yield faults for amounts that contradict each other; amounts are in minor units here."""

    def above(one: str, other: str) -> bool:
        a, b = fields.get(one), fields.get(other)
        return isinstance(a, int) and isinstance(b, int) and a > b

    if above("top_up_below", "target"):
        yield FieldFault(("top_up_below",), "'top_up_below' must not be more than 'target'")
    if above("min_top_up", "max_top_up"):
        yield FieldFault(("min_top_up",), "'min_top_up' must not be more than 'max_top_up'")


def currency(address: Address, _fields: Mapping[str, Any]) -> str | None:
    """Return the currency, which is the target's name; None if the name is not a currency."""
    return address.name if re.match(CURRENCY, address.name) else None


KIND = Kind(
    name="balance target",
    section="balance_targets",
    service="topups",
    resource="topups",
    doc="How much money to keep in the Issuing balance of one currency, such as `usd`.",
    rank=2,
    role=Role.BALANCE,
    object_name="topup",
    created_event="topup.created",
    name_pattern=CURRENCY,
    name_says="a balance target's name is its currency, three lowercase letters such as usd",
    check=check,
    currency=currency,
    fields=(
        _amount("target", "The amount to fill the Issuing balance up to.", required=True, low=0),
        _amount(
            "top_up_below",
            "Top up only when available plus pending money is below this amount (default: target).",
            low=0,
        ),
        _amount("min_top_up", "The smallest top-up worth making.", low=1),
        _amount("max_top_up", "The largest single top-up.", low=1),
        Field("description", doc="Shown with the top-up in the Dashboard.", example="Issuing float"),
        Field(
            "statement_descriptor",
            doc="Shown on the bank statement; at most 15 characters.",
            longest=15,
            pattern=r"^[\x20-\x7e]+$",
            pattern_says="plain ASCII characters",
        ),
        Field("metadata", Shape.MAP, doc="Your own keys on each top-up."),
        Field(
            "source", doc="The bank account or source to pull from (default: the account's own).", secret=True
        ),
        Field("payment_method", doc="The payment method (a US bank account) to pull from.", secret=True),
        Field("transfer_group", doc="Groups the top-up with other movements."),
    ),
)
