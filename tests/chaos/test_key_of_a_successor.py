"""
The key of a successor is the same whatever becomes of other cards meanwhile.

An earlier name that was given to another card, which ends in the same plan, is no part of it: a run that sees
that card ended, and of the successor nothing yet, must come upon the same key.
"""

from pathlib import Path

from provisioner.chaos.embedded import embedded
from provisioner.chaos.estate import runs
from provisioner.chaos.estate.trouble import Lag, Strike, Trouble
from provisioner.chaos.estate.wire import Mail, Wire

HEAD = """
version: 1
project: keys
cardholders:
  acme:
    type: company
    name: Acme Inc
    billing: {address: {line1: 1 Main Street, city: Reno, state: NV, postal_code: "89501", country: US}}
cards:
"""
CARD = "{cardholder: acme, type: virtual, currency: usd, status: active"
BEFORE = f"{HEAD}  ads: {CARD}}}\n  old: {CARD}, lifecycle: {{on_remove: cancel}}}}\n"
AFTER = f"{HEAD}  ads: {CARD}, second_line: Marketing, lifecycle: {{previously: [old]}}}}\n"


def test_a_successor_is_made_once_although_a_card_of_an_earlier_name_has_ended(tmp_path: Path) -> None:
    before, after = (runs.Order(runs.load(text, tmp_path)) for text in (BEFORE, AFTER))
    with embedded(1) as sandbox:

        def applied(asked: runs.Order, trouble: Trouble, shown: dict[str, object]) -> str:
            return runs.apply(Wire(sandbox, Mail(), trouble, shown), asked).how

        assert applied(before, Trouble(), {}) == "done"
        known = {card["id"]: card for card in sandbox.list("/v1/issuing/cards")}
        # the first POST cancels the card named `old`, the second makes the successor of `ads`
        assert applied(after, Trouble((Strike("kill_after", "POST", 2),)), {}) == "killed"
        hidden = Lag("hides", frozenset({"issuing/cards"}))

        assert applied(after, Trouble(lag=hidden), known) == "done"

        cards = [card["status"] for card in sandbox.list("/v1/issuing/cards")]
        assert sorted(cards) == ["active", "canceled", "canceled"]
