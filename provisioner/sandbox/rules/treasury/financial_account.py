"""
Financial accounts, which hold money that cards can spend (docs.stripe.com/api/treasury/financial_accounts).

Accounts in the US can have them, a connected account up to three, if it has the capability `treasury`.
"""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, action, registered, resource_of
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.common.listing import listed, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.common.programs import account_of, country_of
from provisioner.sandbox.rules.common.treasury_ledger import ACCOUNT
from provisioner.sandbox.rules.treasury import features
from provisioner.sandbox.state.default_account import default_account
from provisioner.sandbox.state.errors import invalid, no_such
from provisioner.sandbox.state.objects import Resource, Tx, new_id, without_private

Json = dict[str, Any]

_MOST = 3
_CURRENCY = "usd"
_CHANGED = "treasury.financial_account.features_status_updated"


def show(tx: Tx, stored: Json) -> Json:
    """Return a financial account in the form of responses: with its features, by their status, too."""
    shown = without_private(tx, stored)
    found = features.shown(stored["_requested"], stored)
    by_status = features.by_status(stored["_requested"], stored)
    return {**shown, "features": found, **{f"{name}_features": by_status[name] for name in by_status}}


FINANCIAL_ACCOUNT = registered(
    Resource(
        ACCOUNT,
        "fa_",
        "financial account",
        filters=("status",),
        show=show,
        embedded={"features": features.FEATURES.object, "financial_addresses": features.ADDRESS.object},
        secret={f"{features.BANK_ADDRESS}.account_number": features.with_number},
    )
)


def create(call: HandlerCall) -> Json:
    """Create a financial account; most of its features become active a little later."""
    tx, params = call.tx, call.params
    if country_of(tx) != "US":
        raise invalid(f"Financial accounts are not available in {country_of(tx)}.")
    if default_account(tx) != tx.account:
        # docs.stripe.com/treasury/account-management
        if "treasury" not in account_of(tx)["capabilities"]:
            raise invalid(
                "Your account cannot have financial accounts. Have it request the treasury capability."
            )
        if len(list(tx.find(FINANCIAL_ACCOUNT, "status", "open"))) >= _MOST:
            raise invalid(f"A connected account can have up to {_MOST} financial accounts.")
    if [one.lower() for one in params["supported_currencies"]] != [_CURRENCY]:
        raise invalid(f"A financial account can hold {_CURRENCY} only.", "supported_currencies")
    none = {_CURRENCY: 0}
    account: Json = {
        "id": new_id(FINANCIAL_ACCOUNT.prefix),
        "object": ACCOUNT,
        "balance": {"cash": none, "inbound_pending": none, "outbound_pending": none},
        "country": "US",
        "created": tx.now,
        "financial_addresses": [],
        "livemode": False,
        "metadata": {},
        "platform_restrictions": {"inbound_flows": "unrestricted", "outbound_flows": "unrestricted"},
        "status": "open",
        "status_details": {"closed": None},
        "supported_currencies": [_CURRENCY],
        "_requested": {},
    }
    return keep(tx, FINANCIAL_ACCOUNT, _changed(tx, account, params), "treasury.financial_account.created")


def update(call: HandlerCall) -> Json:
    """Update the features, restrictions, nickname, and metadata of an open financial account."""
    account = _open(call.tx, call.id)
    if "forwarding_settings" in call.params:
        _destination(call.tx, call.id, call.params["forwarding_settings"])
    return save(call.tx, FINANCIAL_ACCOUNT, _changed(call.tx, account, call.params))


def close(call: HandlerCall) -> Json:
    """Close a financial account; raises ApiError unless it is empty and its cards are canceled."""
    tx = call.tx
    account = _open(tx, call.id)
    cards = (card for card in tx.all(resource_of("issuing.card")) if card.get("financial_account") == call.id)
    working = next((card for card in cards if card["status"] != "canceled"), None)
    if working is not None:
        raise invalid(f"Card {working['id']} is attached to financial account {call.id}; cancel it first.")
    if "forwarding_settings" in call.params:
        _destination(tx, call.id, call.params["forwarding_settings"])
    if any(amount for part in account["balance"].values() for amount in part.values()):
        raise invalid(f"The balance of financial account {call.id} is not zero.")
    closed = {
        **account,
        "status": "closed",
        "status_details": {"closed": {"reasons": ["closed_by_platform"]}},
    }
    return save(tx, FINANCIAL_ACCOUNT, closed, "treasury.financial_account.closed")


def retrieve_features(call: HandlerCall) -> Json:
    """Return the features of a financial account."""
    return features.shown(*_features_of(call.tx, call.id))


def update_features(call: HandlerCall) -> Json:
    """Request features of a financial account, or give them up, and return all of them."""
    tx = call.tx
    save(tx, FINANCIAL_ACCOUNT, _changed(tx, _open(tx, call.id), {"features": call.params}), _CHANGED)
    return features.shown(*_features_of(tx, call.id))


@action("financial_account.activate")
def activate(tx: Tx, account_id: str) -> None:
    """Activate the pending features of a financial account; one of them is its bank address."""
    account = tx.fetch(FINANCIAL_ACCOUNT, account_id)
    pending = [name for name in account.pop("_pending", []) if account["_requested"][name]]
    if account["status"] == "open" and pending:
        if features.BANK_ADDRESS in pending:
            account["financial_addresses"] = [features.address(account_id)]
        save(tx, FINANCIAL_ACCOUNT, account, _CHANGED)


def _features_of(tx: Tx, account_id: str) -> tuple[Json, Json]:
    account = tx.fetch(FINANCIAL_ACCOUNT, account_id)
    return account["_requested"], account


def _open(tx: Tx, account_id: str) -> Json:
    account = tx.fetch(FINANCIAL_ACCOUNT, account_id)
    if account["status"] != "open":
        raise invalid(f"Financial account {account_id} is closed.")
    return account


def _changed(tx: Tx, account: Json, params: Mapping[str, Any]) -> Json:
    after = {**account, "metadata": merged(account["metadata"], params)}
    if params.get("nickname"):
        after["nickname"] = params["nickname"]
    elif "nickname" in params:
        after.pop("nickname", None)
    if "platform_restrictions" in params:
        after["platform_restrictions"] = account["platform_restrictions"] | params["platform_restrictions"]
    after["_requested"] = account["_requested"] | features.requested(params.get("features", {}))
    if begun := features.begun(account["_requested"], after["_requested"]):
        after["_pending"] = [*account.get("_pending", []), *begun]
        tx.schedule(tx.now + features.ACTIVE_AFTER, "financial_account.activate", account["id"])
    return after


def _destination(tx: Tx, account_id: str, asked: Mapping[str, Any]) -> None:
    """Check where a closing account's money would go; the sandbox forwards none."""
    param = f"forwarding_settings[{asked['type']}]"
    if asked["type"] not in asked:
        raise invalid(f"Missing required param: {param}.", param, "parameter_missing")
    if asked["type"] == "payment_method":
        raise no_such("PaymentMethod", asked["payment_method"], param)
    if asked["financial_account"] == account_id:
        raise invalid("Money cannot be forwarded to the account that closes.", param)
    tx.fetch(FINANCIAL_ACCOUNT, asked["financial_account"], param)


_URL = "/v1/treasury/financial_accounts"
_ONE = _URL + "/{id}"
_OF = "treasury.FinancialAccount"
_SCOPE = "treasury_financial_account"
ROUTES = (
    Route("POST", _URL, create, _OF + "CreateParams", _SCOPE, FINANCIAL_ACCOUNT),
    Route("GET", _URL, listed(FINANCIAL_ACCOUNT, _URL), _OF + "ListParams", _SCOPE, FINANCIAL_ACCOUNT),
    Route("GET", _ONE, retrieve(FINANCIAL_ACCOUNT), _OF + "RetrieveParams", _SCOPE, FINANCIAL_ACCOUNT),
    Route("POST", _ONE, update, _OF + "UpdateParams", _SCOPE, FINANCIAL_ACCOUNT),
    Route("POST", _ONE + "/close", close, _OF + "CloseParams", _SCOPE, FINANCIAL_ACCOUNT),
    Route(
        "GET",
        _ONE + "/features",
        retrieve_features,
        _OF + "FeaturesRetrieveParams",
        _SCOPE,
        features.FEATURES,
    ),
    Route(
        "POST",
        _ONE + "/features",
        update_features,
        _OF + "FeaturesUpdateParams",
        _SCOPE,
        features.FEATURES,
    ),
)
