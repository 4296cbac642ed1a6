"""Accounts: the default one, and connected ones that tests create (docs.stripe.com/api/accounts)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, registered
from provisioner.sandbox.rules.accounts import identity
from provisioner.sandbox.rules.common import countries
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import emit, previous_attributes
from provisioner.sandbox.rules.common.listing import page
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.common.programs import PROGRAMS, account_of, country_of, issues
from provisioner.sandbox.state.default_account import default_account, make_default
from provisioner.sandbox.state.errors import ApiError, invalid
from provisioner.sandbox.state.objects import Resource, Tx, new_id

Json = dict[str, Any]

ACCOUNT = registered(Resource("account", "acct_", "account"))


def begin(own: Tx, country: str) -> None:
    """Create the default account of a new sandbox; an existing one stays unchanged."""
    if not default_account(own):
        account = _new(own, country, None, "standard", _available(country))
        own.add(ACCOUNT, account)
        make_default(own, account["id"])


def acting(own: Tx, wanted: str | None) -> str:
    """
    Return the account that a request acts on: the default one, or the one in `Stripe-Account`.

    Raises ApiError (403, `account_invalid`) for an account that is not connected.
    """
    default = default_account(own)
    if wanted is None or wanted == default:
        return default
    if own.get(ACCOUNT, wanted) is None:
        raise ApiError(
            403,
            f"The provided key does not have access to account '{wanted}' (or that account does not exist).",
            code="account_invalid",
        )
    return wanted


def require_issuing(own: Tx, account_id: str) -> None:
    """
    Check that an account has Issuing; raises ApiError (400) if not.

    Stripe rejects all requests to Issuing then (github.com/airbytehq/airbyte/issues/26483).
    """
    if not issues(own.fetch(ACCOUNT, account_id)):
        raise invalid(
            "Your account is not set up to use Issuing. Have it request the card_issuing capability, or see "
            "https://dashboard.stripe.com/issuing/overview."
        )


def connect(own: Tx, ids: Iterable[str], country: str | None = None) -> int:
    """
    Create connected accounts with these ids unless they exist, and return how many were created.

    Raises ValueError for a country without Issuing.
    """
    if country is not None and country not in PROGRAMS:
        raise ValueError(f"Stripe Issuing is not available in {country}")
    new = [name for name in ids if own.get(ACCOUNT, name) is None]
    home_country = own.fetch(ACCOUNT, default_account(own))["country"]
    where = country or home_country
    for name in new:
        own.add(ACCOUNT, {**_new(own, where, None, "custom", _available(where)), "id": name})
    return len(new)


def retrieve_own(call: HandlerCall) -> Json:
    """Return the account that the request acts on."""
    return account_of(call.tx)


def retrieve(call: HandlerCall) -> Json:
    """Return an account that the key has access to."""
    own = call.tx.at_home()
    if call.id != call.tx.account:
        acting(own, call.id)
    return own.fetch(ACCOUNT, call.id)


def connected(call: HandlerCall, account_id: str) -> Json:
    """Return a connected account that the request's account may change; raises ApiError for any other."""
    own = call.tx.at_home()
    if call.tx.account != default_account(own) or account_id == call.tx.account:
        raise invalid(f"Only a platform can change accounts, and only those connected to it: {account_id}.")
    acting(own, account_id)
    return own.fetch(ACCOUNT, account_id)


def listed(call: HandlerCall) -> Json:
    """Return a page of the accounts that are connected to the request's account."""
    own = call.tx.at_home()
    default = default_account(own)
    condition = ("o.id != ?", [default]) if call.tx.account == default else ("0", [])
    return page(own, ACCOUNT, call.params, _URL, [condition])


def create(call: HandlerCall) -> Json:
    """Create a connected account."""
    params = call.params
    where = countries.country(params.get("country", country_of(call.tx)), "country")
    if where not in PROGRAMS:
        raise invalid(f"This sandbox has accounts in {', '.join(sorted(PROGRAMS))} only.", "country")
    made = _new(call.tx, where, params.get("email"), params.get("type", "custom"), ())
    if "controller" in params:
        if "type" in params:
            raise invalid("An account has either a type or a controller, not both.", "type")
        given = params["controller"]  # nothing depends on it here
        payer = given.get("fees", {}).get("payer", "account")
        liable = given.get("losses", {}).get("payments", "stripe")
        if liable == "application" and payer != "application":
            raise invalid("The party that is liable for losses must pay the fees.", "controller[fees][payer]")
        made |= {
            "controller": {
                "fees": {"payer": payer},
                "is_controller": True,
                "losses": {"payments": liable},
                "requirement_collection": given.get("requirement_collection", "stripe"),
                "stripe_dashboard": {"type": given.get("stripe_dashboard", {}).get("type", "full")},
                "type": "application",
            },
            "type": "none",
        }
    for name, one in params.get("capabilities", {}).items():
        made = requested(made, name, one)
    return keep(call.tx.at_home(), ACCOUNT, _changed(call.tx, made, params))


def update(call: HandlerCall) -> Json:
    """Change a connected account."""
    found = connected(call, call.id)
    for name, one in call.params.get("capabilities", {}).items():
        found = requested(found, name, one)
    return saved(call.tx, _changed(call.tx, found, call.params))


def delete(call: HandlerCall) -> Json:
    """
    Delete a connected account with all of its objects, which is always possible in test mode.

    Its events stay, as the last one still has to reach the platform.
    """
    connected(call, call.id)
    tx = call.tx
    there = Tx(tx.db, call.id, tx.now, tx.origin)
    emit(there, "account.application.deauthorized", {"id": "ca_sandbox", "name": "", "object": "application"})
    for table in ("answers", "due", "remembered"):
        tx.db.execute(f"DELETE FROM {table} WHERE account=?", (call.id,))  # noqa: S608
    for table in ("lookup", "objects"):
        tx.db.execute(f"DELETE FROM {table} WHERE account=? AND kind!='event'", (call.id,))  # noqa: S608
    tx.at_home().remove(ACCOUNT, call.id)
    return {"id": call.id, "object": "account", "deleted": True}


def saved(tx: Tx, account: Json) -> Json:
    """Store a changed account, and record an event in it."""
    own = tx.at_home()
    previous = previous_attributes(own.fetch(ACCOUNT, account["id"]), account)
    own.put(ACCOUNT, account)
    if previous:
        emit(Tx(tx.db, account["id"], tx.now, tx.origin), "account.updated", account, previous)
    return account


def requested(account: Json, name: str, given: Mapping[str, Any]) -> Json:
    """
    Return an account after a request for a capability, which is active immediately, or its withdrawal.

    Raises ApiError for a capability that accounts in its country cannot have.
    """
    if "requested" not in given:
        return account
    if given["requested"] and name not in _available(account["country"]):
        raise invalid(
            f"The capability {name} is not available in {account['country']}.", f"capabilities[{name}]"
        )
    has = {key: value for key, value in account["capabilities"].items() if key != name}
    after = has | {name: "active"} if given["requested"] else has
    return {**account, "capabilities": after, "charges_enabled": "card_payments" in after}


def _changed(tx: Tx, account: Json, params: Mapping[str, Any]) -> Json:
    """Return an account with the values of a request; those that are not sent stay."""
    after = {**account, "metadata": merged(account["metadata"], params)}
    for name in ("business_type", "email"):
        if name in params:
            after[name] = params[name]
    if "business_profile" in params:
        after["business_profile"] = {**account["business_profile"], **params["business_profile"]}
    if "company" in params:
        after["company"] = _company(account.get("company", {}), params["company"])
    if "individual" in params:
        after["individual"] = _individual(tx, account, params["individual"])
    if "tos_acceptance" in params:
        after["tos_acceptance"] = {**account["tos_acceptance"], **_accepted(tx, params["tos_acceptance"])}
    for product, given in params.get("settings", {}).items():
        before = after["settings"].get(product, _SETTINGS["card_issuing"])["tos_acceptance"]
        terms = {"tos_acceptance": {**before, **_accepted(tx, given.get("tos_acceptance", {}))}}
        after["settings"] = {**after["settings"], product: terms}
    return after


def _individual(tx: Tx, account: Json, given: Mapping[str, Any]) -> Json:
    """Store the person whose business an account is, who also is its representative; return the person."""
    there = Tx(tx.db, account["id"], tx.now, tx.origin)
    before = account.get("individual")
    if before is None:
        made = identity.changed(identity.blank(there, account["id"]), given, "individual")
        made["relationship"]["representative"] = True
        there.add(identity.PERSON, made)
        emit(there, "person.created", made)
        return made
    after = identity.changed(before, given, "individual")
    there.put(identity.PERSON, after)
    if previous := previous_attributes(before, after):
        emit(there, "person.updated", after, previous)
    return after


def _available(country: str) -> tuple[str, ...]:
    """Return the capabilities that accounts in a country can have."""
    return _CAPABILITIES if country == "US" else _CAPABILITIES[:-2]


def _company(before: Json, given: Mapping[str, Any]) -> Json:
    after = {**before, **{name: value for name, value in given.items() if name != "tax_id"}}
    if "address" in given:
        after["address"] = countries.address({"country": "US", **given["address"]}, "company[address]")
    return after | {"tax_id_provided": "tax_id" in given or bool(before.get("tax_id_provided"))}


def _accepted(tx: Tx, given: Mapping[str, Any]) -> Json:
    if not 0 < given.get("date", tx.now) <= tx.now:
        raise invalid("The terms cannot have been accepted at this time.", "tos_acceptance[date]")
    return {name: value or None for name, value in given.items()}


def _new(tx: Tx, country: str, email: str | None, kind: str, capabilities: Sequence[str]) -> Json:
    requirements: Json = {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }
    account_id = new_id(ACCOUNT.prefix, 16)
    return {
        "id": account_id,
        "object": "account",
        "business_profile": dict.fromkeys(_PROFILE),
        "business_type": "company",
        "capabilities": dict.fromkeys(capabilities, "active"),
        "charges_enabled": "card_payments" in capabilities,
        "controller": {"type": "account"},
        "country": country,
        "created": tx.now,
        "default_currency": PROGRAMS[country].currency,
        "details_submitted": True,
        "email": email,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{account_id}/external_accounts",
        },
        "future_requirements": requirements,
        "metadata": {},
        "payouts_enabled": True,
        "requirements": requirements,
        "settings": _SETTINGS,
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": kind,
    }


# The last two: only in the US.
_CAPABILITIES = ("card_issuing", "card_payments", "transfers", "treasury", "us_bank_account_ach_payments")
_PROFILE = (
    "annual_revenue",
    "estimated_worker_count",
    "mcc",
    "minority_owned_business_designation",
    "name",
    "product_description",
    "support_address",
    "support_email",
    "support_phone",
    "support_url",
    "url",
)
_SETTINGS: Json = {
    "bacs_debit_payments": {"display_name": None, "service_user_number": None},
    "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
    "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
    "card_payments": {
        "decline_on": {"avs_failure": False, "cvc_failure": False},
        "statement_descriptor_prefix": None,
        "statement_descriptor_prefix_kana": None,
        "statement_descriptor_prefix_kanji": None,
    },
    "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
    "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": None},
    "payments": {
        "statement_descriptor": None,
        "statement_descriptor_kana": None,
        "statement_descriptor_kanji": None,
        "statement_descriptor_prefix_kana": None,
        "statement_descriptor_prefix_kanji": None,
    },
    "payouts": {
        "debit_negative_balances": True,
        "schedule": {"delay_days": 2, "interval": "daily"},
        "statement_descriptor": None,
    },
    "sepa_debit_payments": {},
}

_URL = "/v1/accounts"
ROUTES = (
    Route("GET", "/v1/account", retrieve_own, "AccountRetrieveCurrentParams", "account", ACCOUNT),
    Route("GET", _URL, listed, "AccountListParams", "account", ACCOUNT),
    Route("GET", _URL + "/{id}", retrieve, "AccountRetrieveParams", "account", ACCOUNT),
    Route("POST", _URL, create, "own.AccountCreate", "account", ACCOUNT),
    Route("POST", _URL + "/{id}", update, "own.AccountUpdate", "account", ACCOUNT),
    Route("DELETE", _URL + "/{id}", delete, "own.Nothing", "account", ACCOUNT),
)
