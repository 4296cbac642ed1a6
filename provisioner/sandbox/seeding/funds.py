"""Tops up the Issuing balance before the past purchases use it up."""

from provisioner.sandbox.api import acts
from provisioner.sandbox.rules.common import ledger
from provisioner.sandbox.rules.common.programs import program_of
from provisioner.sandbox.rules.money.topup import SETTLE
from provisioner.sandbox.seeding.calls import PastCalls

_DAY = 86_400
_LARGEST = 99_999_999  # the highest amount of one top-up, in minor units
_ROUND = 100_000  # minor units, to which top-ups are rounded up
_AHEAD = 10  # the number of days for which a top-up pays
_RESERVE = 4  # the number of days for which the balance must always suffice


class TopUps:
    """
    Tops up the Issuing balance, so that the money it had at the beginning is never needed.

    `volume` is the total of all purchases of the span, in minor units.
    """

    def __init__(self, calls: PastCalls, span: tuple[int, int], volume: int) -> None:
        self._calls = calls
        tx = calls.tx(span[0])
        program = program_of(tx)
        self._currency, self._is_wired = program.currency, bool(program.transfer)
        self._settles = tx.at_home().recall(SETTLE) is not None
        daily = volume * _DAY / max(_DAY, span[1] - span[0])
        self._floor = self._available(span[0]) + round(_RESERVE * daily)
        self._part = min(_LARGEST, -(-round(_AHEAD * daily) // _ROUND) * _ROUND)
        self._next = 0

    def see_to(self, at: int) -> None:
        """Top up the balance if it is low, unless a top-up is pending."""
        if at < self._next or self._available(at) >= self._floor:
            return
        if self._is_wired:
            params = {"amount": self._part, "currency": self._currency}
            self._calls.post(at, "/v1/test_helpers/issuing/fund_balance", params)
            return
        made = self._calls.post(
            at,
            "/v1/topups",
            {
                "amount": self._part,
                "currency": self._currency,
                "description": "Issuing balance",
                "destination_balance": "issuing",
            },
        )
        if not self._settles:
            acts.settle_topup(self._calls.tx(at), made["id"], None)
        self._next = at + 60

    def _available(self, at: int) -> int:
        return ledger.available(self._calls.tx(at), "issuing").get(self._currency, 0)
