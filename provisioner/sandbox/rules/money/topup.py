"""
Top-ups: money from the account's bank for its Issuing or payments balance.

docs.stripe.com/api/topups, docs.stripe.com/issuing/adding-funds-to-your-card-program, test
sources: docs.stripe.com/connect/testing.
"""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, action, registered
from provisioner.sandbox.rules.common import ledger, unknowns
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.common.listing import listed, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.common.programs import account_of, issues, program_of
from provisioner.sandbox.state.errors import invalid, no_such
from provisioner.sandbox.state.objects import Resource, Tx, new_id, without_private

Json = dict[str, Any]

# Bank tokens for tests, and the failure that arrives later (docs.stripe.com/connect/testing).
_GOOD = "btok_us_verified"
_FAILURES: Mapping[str, str] = {
    "btok_us_verified_noAccount": "no_account",
    "btok_us_verified_accountClosed": "account_closed",
    "btok_us_verified_insufficientFunds": "insufficient_funds",
    "btok_us_verified_debitNotAuthorized": "debit_not_authorized",
    "btok_us_verified_invalidCurrency": "invalid_currency",
}


def show(tx: Tx, stored: Json) -> Json:
    """Return a top-up in the form of responses."""
    shown = without_private(tx, stored)
    if stored["_balance"] != "payments" and unknowns.on(tx, "destination_balance_shown"):
        shown["destination_balance"] = stored["_balance"]
    return shown


TOPUP = registered(
    Resource(
        "topup",
        "tu_",
        "topup",
        filters=("status",),
        show=show,
        expandable={"balance_transaction": ("balance_transaction",), "payment_method": ()},
    )
)
_DESCRIPTOR = 15
_LARGEST = 99_999_999
SETTLE = "topup.settle_after"
_BUSINESS_DAYS = 5 * 86_400


def create(call: HandlerCall) -> Json:
    """Create a top-up, which stays pending for the time `topup_settle`."""
    tx, params = call.tx, call.params
    _refuse(tx, params)
    topup: Json = {
        "id": new_id(TOPUP.prefix),
        "object": "topup",
        "amount": params["amount"],
        "balance_transaction": None,
        "created": tx.now,
        "currency": params["currency"].lower(),
        "description": params.get("description"),
        "expected_availability_date": tx.now + _BUSINESS_DAYS,
        "failure_code": None,
        "failure_message": None,
        "initiated_by": "user",
        "livemode": False,
        "metadata": merged({}, params),
        "source": None,
        "statement_descriptor": params.get("statement_descriptor"),
        "status": "pending",
        "transfer_group": params.get("transfer_group"),
        "_balance": params.get("destination_balance", "payments"),
        "_source": params.get("source", _GOOD),
    }
    settle_after = tx.at_home().recall(SETTLE)
    if settle_after is not None:
        tx.schedule(tx.now + settle_after, "topup.settle", topup["id"])
    return keep(tx, TOPUP, topup, "topup.created")


def update(call: HandlerCall) -> Json:
    """Update the description and the metadata of a top-up."""
    topup = call.tx.fetch(TOPUP, call.id)
    topup["metadata"] = merged(topup["metadata"], call.params)
    if "description" in call.params:
        topup["description"] = call.params["description"]
    return save(call.tx, TOPUP, topup)


def cancel(call: HandlerCall) -> Json:
    """Cancel a pending top-up."""
    topup = call.tx.fetch(TOPUP, call.id)
    if topup["status"] != "pending":
        raise invalid(f"Top-up {call.id} cannot be canceled because it is {topup['status']}.")
    return save(call.tx, TOPUP, {**topup, "status": "canceled"}, "topup.canceled")


@action("topup.settle")
def settle(tx: Tx, topup_id: str) -> None:
    """Complete a pending top-up: the money arrives, or the top-up fails."""
    topup = tx.fetch(TOPUP, topup_id)
    if topup["status"] != "pending":
        return
    failure = _FAILURES.get(topup["_source"])
    if failure is not None:
        told = {"failure_code": failure, "failure_message": f"The bank refused the debit: {failure}."}
        save(tx, TOPUP, {**topup, "status": "failed", **told}, "topup.failed")
        return
    entry = ledger.book(tx, topup["_balance"], topup["amount"], topup["currency"], "topup", topup_id)
    save(tx, TOPUP, {**topup, "status": "succeeded", "balance_transaction": entry["id"]}, "topup.succeeded")


def reverse(tx: Tx, topup_id: str) -> Json:
    """Reverse a top-up, as the bank takes the money back; raises ApiError if it has not succeeded."""
    topup = tx.fetch(TOPUP, topup_id)
    if topup["status"] != "succeeded":
        raise invalid(f"Top-up {topup_id} cannot be reversed because it is {topup['status']}.")
    ledger.book(tx, topup["_balance"], -topup["amount"], topup["currency"], "topup_reversal", topup_id)
    return save(tx, TOPUP, {**topup, "status": "reversed"}, "topup.reversed")


def _refuse(tx: Tx, params: Mapping[str, Any]) -> None:
    if params["amount"] <= 0:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if params["amount"] > _LARGEST:
        raise invalid(f"The amount must be at most {_LARGEST}.", "amount", "amount_too_large")
    program = program_of(tx)
    own = program.currency
    if program.transfer:
        raise invalid(
            "This account cannot be topped up by pulling; send a bank transfer instead.", "currency"
        )
    if params["currency"].lower() != own:
        raise invalid(f"This account cannot be topped up in {params['currency']}, only in {own}.", "currency")
    gated = not issues(account_of(tx)) or not unknowns.on(tx, "issuing_top_ups")
    if "destination_balance" in params and gated:
        raise invalid(
            "Received unknown parameter: destination_balance", "destination_balance", "parameter_unknown"
        )
    check_descriptor(params, _DESCRIPTOR)
    if params.get("source", _GOOD) not in {_GOOD, *_FAILURES}:
        raise no_such("source", params["source"], "source")
    if "payment_method" in params:
        raise no_such("PaymentMethod", params["payment_method"], "payment_method")
    if "payment_method_options" in params:
        raise invalid("Missing required param: payment_method.", "payment_method", "parameter_missing")


def check_descriptor(params: Mapping[str, Any], longest: int) -> None:
    r"""
    Check the statement descriptor of a request, if it has one.

    docs.stripe.com/get-started/account/statement-descriptors: ASCII with a letter, and without < > \ ' " *.
    """
    descriptor = params.get("statement_descriptor", "letter")
    if len(descriptor) > longest or not descriptor.isascii():
        says = f"The statement descriptor must be at most {longest} ASCII characters."
    elif not any(each.isalpha() for each in descriptor):
        says = "The statement descriptor must contain at least one letter."
    elif set(descriptor) & set("<>\\'\"*"):
        says = "The statement descriptor cannot contain any of < > \\ ' \" *."
    else:
        return
    raise invalid(says, "statement_descriptor")


_URL = "/v1/topups"
ROUTES = (
    Route("POST", _URL, create, "TopupCreateParams", "topup", TOPUP),
    Route("GET", _URL, listed(TOPUP, _URL), "TopupListParams", "topup", TOPUP),
    Route("GET", _URL + "/{id}", retrieve(TOPUP), "TopupRetrieveParams", "topup", TOPUP),
    Route("POST", _URL + "/{id}", update, "TopupUpdateParams", "topup", TOPUP),
    Route("POST", _URL + "/{id}/cancel", cancel, "TopupCancelParams", "topup", TOPUP),
)
