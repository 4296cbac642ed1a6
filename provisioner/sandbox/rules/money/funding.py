"""
Funding by bank transfer, for accounts in the UK and the euro area, which cannot create top-ups.

docs.stripe.com/api/issuing/funding_instructions, docs.stripe.com/issuing/funding/balance. Not in the SDK.
"""

import hashlib
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route
from provisioner.sandbox.rules.common import ledger
from provisioner.sandbox.rules.common.programs import country_of, program_of
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]

_TOLD = "funding_instructions"


def instruct(call: HandlerCall) -> Json:
    """Return the bank account to send money to; it never changes."""
    currency, own = _currency(call), program_of(call.tx).transfer
    kind = call.params["bank_transfer"]["type"]
    if kind != own:
        raise invalid(f"Funds in {currency} come by {own}, not by {kind}.", "bank_transfer[type]")
    call.tx.remember(_TOLD, True)
    return _instructions(call.tx, currency)


def listed(call: HandlerCall) -> Json:
    """Return the account's instructions; there are none before the first request for them."""
    currency = _own_currency(call.tx)
    told = [_instructions(call.tx, currency)] if call.tx.recall(_TOLD) else []
    return {"object": "list", "data": told, "has_more": False, "url": _URL}


def fund(call: HandlerCall) -> Json:
    """
    Simulate a bank transfer that arrives immediately, and return the funding instructions.

    [?] It is undocumented how Stripe books it; here, as a `topup` balance transaction without a source.
    """
    currency, amount = _currency(call), call.params["amount"]
    if amount <= 0:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    ledger.book(call.tx, "issuing", amount, currency, "topup", None, "Issuing balance funding")
    return _instructions(call.tx, currency)


def _own_currency(tx: Tx) -> str:
    """Return the account's currency; raises ApiError if the account is funded by top-ups."""
    program = program_of(tx)
    if not program.transfer:
        raise invalid(f"A Funding Instruction is not currently supported for {country_of(tx)}.")
    return program.currency


def _currency(call: HandlerCall) -> str:
    own = _own_currency(call.tx)
    if call.params["currency"].lower() != own:
        raise invalid(f"This account is funded in {own}, not in {call.params['currency']}.", "currency")
    return own


def _instructions(tx: Tx, currency: str) -> Json:
    country = country_of(tx)
    # The same digits for every request of an account.
    number = str(int(hashlib.sha256(tx.account.encode()).hexdigest(), 16))
    if country == "GB":
        sort_code: Json = {
            "account_holder_name": "Stripe Payments UK Limited",
            "account_number": number[:8],
            "sort_code": "000000",
        }
        address = {"sort_code": sort_code, "supported_networks": ["bacs", "fps"], "type": "sort_code"}
    else:
        iban: Json = {
            "account_holder_name": "Stripe Technology Europe Limited",
            "bic": "SXPYDEHH",
            "country": country,
            # No bank accepts the check digits 00, so nobody can send real money.
            "iban": f"{country}00{number[:18]}",
        }
        address = {"iban": iban, "supported_networks": ["sepa"], "type": "iban"}
    return {
        "object": "funding_instructions",
        "bank_transfer": {
            "country": country,
            "financial_addresses": [address],
            "type": program_of(tx).transfer,
        },
        "currency": currency,
        "funding_type": "bank_transfer",
        "livemode": False,
    }


_URL = "/v1/issuing/funding_instructions"
_FUND = "/v1/test_helpers/issuing/fund_balance"
_SCOPE = "issuing_funding_instructions"
ROUTES = (
    Route("POST", _URL, instruct, "own.FundingInstructions", _SCOPE),
    Route("GET", _URL, listed, "own.FundingInstructionsList", _SCOPE),
    Route("POST", _FUND, fund, "own.FundBalance", _SCOPE),
)
