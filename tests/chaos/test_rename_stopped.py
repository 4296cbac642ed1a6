"""A card that is renamed and replaced at once, stopped at any write: the next run knows both as one."""

from collections.abc import Iterator

import pytest
from support.plan_documents import saved_and_read

from chaos.acts import CARD, HOLDER, cards, carry_out, config, plan, reasons
from chaos.direct import Bank, Direct
from chaos.test_worlds import Killed, Mortal
from provisioner.chaos.normalized_state import differences, picture
from provisioner.core.approval.approve import hold_to
from provisioner.core.plan.write_document import plan_document
from provisioner.kinds import KINDS

HOLDERS = {"acme": HOLDER}
BEFORE = config(cardholders=HOLDERS, cards={"old": {**CARD, "lifecycle": {"on_remove": "keep"}}})
LOST = {"reissue": {"number": 1, "reason": "stolen"}}


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    bank = Bank()
    carry_out(Direct(bank), plan(bank, BEFORE))
    bank.keep()
    yield bank
    bank.store.close()


@pytest.mark.parametrize("end", ["kill_before", "kill_after"])
@pytest.mark.parametrize(
    ("why", "write"),
    [*(pytest.param({}, n, id=f"for a field {n}") for n in (1, 2, 3, 4))]
    + [pytest.param(LOST, n, id=f"stolen {n}") for n in (1, 2, 3)],
)
def test_it_is_finished_and_nothing_is_left_beside_it(bank, why, write, end):
    told = {"on_remove": "keep", "previously": ["old"], **why}
    wanted = config(cardholders=HOLDERS, cards={"new": {**CARD, "second_line": "X", "lifecycle": told}})
    bank.put_back()
    approved = saved_and_read(plan_document(KINDS, plan(bank, wanted)))
    carry_out(Direct(bank), plan(bank, wanted))
    undisturbed = picture(Direct(bank), KINDS)

    bank.put_back()
    with pytest.raises(Killed):
        carry_out(Mortal(bank, end, write), plan(bank, wanted))
    report = carry_out(Direct(bank), hold_to(KINDS, plan(bank, wanted), approved))

    assert reasons(report) == []
    assert differences(undisturbed, picture(Direct(bank), KINDS)) == []
    assert [card["status"] for card in cards(bank)] == ["active", "canceled"]
    assert bool(cards(bank)[0]["replacement_for"]) == bool(why)
    assert plan(bank, wanted).changes == ()
