"""
Settings of an account's balance: its payouts, and the timing of settlements.

docs.stripe.com/api/balance-settings
"""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, registered
from provisioner.sandbox.rules.common.changes import emit, previous_attributes
from provisioner.sandbox.rules.common.currencies import currency
from provisioner.sandbox.rules.money.topup import check_descriptor
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Resource, Tx

Json = dict[str, Any]

SETTINGS = registered(Resource("balance_settings", "", "balance settings"))
_KEPT = "balance_settings"
_DELAY_DAYS = 2
_MOST_DELAY_DAYS = 31
_DESCRIPTOR = 22
_DAYS_OF_MONTH = range(1, 32)
_RULES = "automatic_transfer_rules_by_currency"
_DAYS = {"monthly": "monthly_payout_days", "weekly": "weekly_payout_days"}


def retrieve(call: HandlerCall) -> Json:
    """Return the account's settings."""
    return _settings(call.tx)


def update(call: HandlerCall) -> Json:
    """Change the account's settings; what is not sent stays."""
    before, given = _settings(call.tx), call.params.get("payments", {})
    payments: Json = {**before["payments"]}
    if "debit_negative_balances" in given:
        payments["debit_negative_balances"] = given["debit_negative_balances"]
    payments["payouts"] = _payouts(payments["payouts"], given.get("payouts", {}))
    payments["settlement_timing"] = _timing(payments["settlement_timing"], given.get("settlement_timing", {}))
    after = {**before, "payments": payments}
    call.tx.remember(_KEPT, after)
    if previous := previous_attributes(before, after):
        emit(call.tx, "balance_settings.updated", after, previous)
    return after


def _settings(tx: Tx) -> Json:
    default: Json = {
        "object": "balance_settings",
        "payments": {
            "debit_negative_balances": True,
            "payouts": {
                "minimum_balance_by_currency": None,
                "schedule": {"interval": "daily"},
                "statement_descriptor": None,
                "status": "enabled",
            },
            "settlement_timing": {
                "delay_days": _DELAY_DAYS,
                "delay_days_override": None,
                "start_of_day": None,
            },
        },
    }
    kept: Json = tx.recall(_KEPT, default)
    return kept


def _payouts(before: Json, given: Mapping[str, Any]) -> Json:
    after = {**before}
    check_descriptor(given, _DESCRIPTOR)
    if "statement_descriptor" in given:
        after["statement_descriptor"] = given["statement_descriptor"]
    if "schedule" in given:
        after["schedule"] = _schedule(before["schedule"], given["schedule"])
    for name in (_RULES, "minimum_balance_by_currency"):
        if name in given:
            after[name] = _by_currency(before.get(name), given[name], name) if given[name] else None
    if after.get(_RULES) is None:  # null breaks Stripe's SDK, so Stripe must leave it out
        after.pop(_RULES, None)
    return after


def _by_currency(before: Json | None, given: Json, name: str) -> Json | None:
    """Return amounts or rules by currency; an empty value removes a currency."""
    param = f"payments[payouts][{name}]"
    changed = {currency(code, param): value for code, value in given.items()}
    return {code: value for code, value in {**(before or {}), **changed}.items() if value != ""} or None


def _schedule(before: Json, given: Json) -> Json:
    """Return a schedule of payouts, with the days that its interval needs and no others."""
    interval = given.get("interval", before["interval"])
    param = "payments[payouts][schedule]"
    after: Json = {"interval": interval}
    for needed_by, name in _DAYS.items():
        days = given.get(name, before.get(name) if interval == before["interval"] else None)
        if interval != needed_by:
            if name in given:
                says = f"{name} is only for payouts with the interval {needed_by}."
                raise invalid(says, f"{param}[{name}]")
        elif not days:
            raise invalid(
                f"Missing required param: {param}[{name}].", f"{param}[{name}]", "parameter_missing"
            )
        else:
            after[name] = days
    if any(day not in _DAYS_OF_MONTH for day in after.get("monthly_payout_days", ())):
        raise invalid("The days of a month are from 1 to 31.", f"{param}[monthly_payout_days]")
    return after


def _timing(before: Json, given: Mapping[str, Any]) -> Json:
    after = {**before}
    if "delay_days_override" in given:
        days = given["delay_days_override"]
        if days != "" and not _DELAY_DAYS <= days <= _MOST_DELAY_DAYS:
            says = f"The delay must be from {_DELAY_DAYS} to {_MOST_DELAY_DAYS} days."
            raise invalid(says, "payments[settlement_timing][delay_days_override]")
        after |= {"delay_days": days or _DELAY_DAYS, "delay_days_override": days or None}
    if "start_of_day" in given:
        start = given["start_of_day"] or None
        after["start_of_day"] = start and {"hour": 0, "minutes": 0, "timezone": "Etc/UTC", **start}
    return after


_URL = "/v1/balance_settings"
_OF = "BalanceSettings"
ROUTES = (
    Route("GET", _URL, retrieve, _OF + "RetrieveParams", "balance_settings", SETTINGS),
    Route("POST", _URL, update, _OF + "UpdateParams", "balance_settings", SETTINGS),
)
