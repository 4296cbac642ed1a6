"""
The evidence of a dispute, by its reason (docs.stripe.com/issuing/purchases/disputes).

Evidence can be incomplete until the dispute is submitted. [?] Stripe's page says that each reason requires
different evidence, in a table that is missing from all copies known to us; the required fields here are those
of the page's text and examples.
"""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import registered, resource_of
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.purchases.kinds import TRANSACTION
from provisioner.sandbox.state.errors import ApiError, invalid
from provisioner.sandbox.state.objects import Resource, Tx

Json = dict[str, Any]

_LONGEST = 2500  # characters of a text
_FILES = ("additional_documentation", "card_statement", "cash_receipt", "check_image")
_PURPOSE = "dispute_evidence"
_PAID_ALREADY = ("original_transaction", "card_statement", "cash_receipt", "check_image")

# Reason -> its fields, and those that are required to submit the dispute.
_REASONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "canceled": (
        (
            "additional_documentation",
            "canceled_at",
            "cancellation_policy_provided",
            "cancellation_reason",
            "expected_at",
            "explanation",
            "product_description",
            "product_type",
            "return_status",
            "returned_at",
        ),
        (
            "canceled_at",
            "cancellation_policy_provided",
            "cancellation_reason",
            "expected_at",
            "explanation",
            "product_description",
            "product_type",
        ),
    ),
    "duplicate": (
        ("additional_documentation", *_PAID_ALREADY[1:], "explanation", "original_transaction"),
        ("explanation",),
    ),
    "fraudulent": (("additional_documentation", "explanation"), ("explanation",)),
    "merchandise_not_as_described": (
        (
            "additional_documentation",
            "explanation",
            "received_at",
            "return_description",
            "return_status",
            "returned_at",
        ),
        ("explanation", "received_at", "return_description", "return_status", "returned_at"),
    ),
    "no_valid_authorization": (("additional_documentation", "explanation"), ("explanation",)),
    "not_received": (
        (
            "additional_documentation",
            "expected_at",
            "explanation",
            "product_description",
            "product_type",
        ),
        ("expected_at", "explanation", "product_description", "product_type"),
    ),
    "other": (
        ("additional_documentation", "explanation", "product_description", "product_type"),
        ("explanation",),
    ),
    "service_not_as_described": (
        (
            "additional_documentation",
            "canceled_at",
            "cancellation_reason",
            "explanation",
            "received_at",
        ),
        ("canceled_at", "cancellation_reason", "explanation", "received_at"),
    ),
}

# The parts of a dispute that `expand[]` passes through on its way to files.
EVIDENCE = registered(
    Resource(
        "issuing.dispute.evidence", "", "", embedded={name: f"issuing.dispute.{name}" for name in _REASONS}
    )
)
for _reason, (_fields, _) in _REASONS.items():
    registered(
        Resource(
            f"issuing.dispute.{_reason}",
            "",
            "",
            expandable={name: ("file",) for name in _fields if name in _FILES},
        )
    )


def changed(tx: Tx, before: Mapping[str, Any], given: Mapping[str, Any]) -> Json:
    """
    Return the evidence after a request: its reason, and the fields that belong to this reason.

    Fields that are not in the request stay, and an empty value unsets one. A dispute without any evidence has
    the reason `other`, unless a switch says otherwise. Raises ApiError for evidence without a reason, for
    files and transactions that do not exist, and for texts that are too long.
    """
    reason = given.get("reason", before.get("reason"))
    if reason is None and not given and not unknowns.on(tx, "dispute_reason_required"):
        reason = "other"
    if reason is None:
        raise invalid("Missing required param: evidence[reason].", "evidence[reason]", "parameter_missing")
    for name in given.keys() - {"reason"}:
        _check(tx, given[name] or {}, f"evidence[{name}]")
    fields: Json = dict.fromkeys(_REASONS[reason][0]) | before.get(reason, {})
    if given.get(reason) == "":
        fields = dict.fromkeys(fields)
    else:
        fields |= {name: None if value == "" else value for name, value in given.get(reason, {}).items()}
    return {reason: fields, "reason": reason}


def require_all(evidence: Mapping[str, Any]) -> None:
    """Raise ApiError for the first field that the reason requires and that is missing."""
    reason = evidence["reason"]
    fields, required = evidence[reason], list(_REASONS[reason][1])
    if reason == "canceled" and fields["product_type"] == "merchandise":
        required += ["return_status", "returned_at"]
    for name in required:
        if fields[name] is None:
            raise _missing(reason, name, f"evidence[{reason}][{name}] is required to submit this dispute.")
    if reason == "duplicate" and all(fields[name] is None for name in _PAID_ALREADY):
        raise _missing(reason, _PAID_ALREADY[0], f"Give one of {', '.join(_PAID_ALREADY)}.")


def _missing(reason: str, name: str, says: str) -> ApiError:
    return invalid(f"Missing evidence: {says}", f"evidence[{reason}][{name}]", "parameter_missing")


def _check(tx: Tx, given: Mapping[str, Any], param: str) -> None:
    for name, value in given.items():
        if name in _FILES and value:
            file = tx.fetch(resource_of("file"), value, f"{param}[{name}]")
            if file["purpose"] != _PURPOSE:
                says = f"A file for evidence needs the purpose {_PURPOSE}; {value} has {file['purpose']}."
                raise invalid(says, f"{param}[{name}]")
        elif name == "original_transaction":
            tx.fetch(TRANSACTION, value, f"{param}[{name}]")
        elif isinstance(value, str) and len(value) > _LONGEST:
            says = f"{param}[{name}] can be at most {_LONGEST} characters long."
            raise invalid(says, f"{param}[{name}]", "parameter_invalid_string")
