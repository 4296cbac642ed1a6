"""An approved plan whose apply is stopped at any write: the same file, given again, ends what it began."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any

import pytest
from msgspec.structs import replace
from support.plan_documents import saved_and_read

from chaos.acts import CARD, HOLDER, config
from chaos.acts import plan as plan_on
from chaos.direct import Bank, Direct, world
from provisioner.chaos.normalized_state import Picture, differences, picture
from provisioner.chaos.scene import canonical
from provisioner.core.approval.approve import hold_to
from provisioner.core.model.config import Config
from provisioner.core.model.errors import StaleError
from provisioner.core.model.resource import Address
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.core.plan.write_document import plan_document
from provisioner.engine.apply.execute import execute
from provisioner.kinds import KINDS

BEFORE, AFTER = canonical().before, canonical().after
WRITES = 24


class Killed(BaseException):
    """The end of the process."""


@dataclass
class Approved:
    """A bank where the canonical change is approved, and not begun; `end` is how it ends undisturbed."""

    bank: Bank
    document: Mapping[str, Any]
    end: Picture

    def held(self, config: Config = AFTER) -> Plan:
        plan = make_plan(KINDS, config, world(Direct(self.bank), KINDS, config))
        return hold_to(KINDS, plan, self.document)

    def stop_at(self, write: int, *, heard: bool) -> None:
        """Apply until a write, which is sent and not `heard`, or not sent."""
        self.bank.put_back()
        asked, writes = self.bank.ask, iter(range(WRITES))

        def ask(method: str, *rest: Any) -> Any:
            if method == "POST" and next(writes) >= write:
                if heard:
                    asked(method, *rest)
                raise Killed
            return asked(method, *rest)

        self.bank.ask = ask  # type: ignore[method-assign]
        try:
            carry_out(self.held(), self.bank)
        except Killed:
            pass
        finally:
            self.bank.ask = asked  # type: ignore[method-assign]


def carry_out(plan: Plan, bank: Bank) -> list[str]:
    """The writes of an apply in which each step succeeds."""
    writer = Direct(bank)
    report = execute(plan, writer, lambda _result: None, Event(), workers=1)
    assert report.complete, [result.reason for result in report.results]
    return [line for line in writer.wire if line.startswith("POST")]


@pytest.fixture(scope="module")
def approved() -> Iterator[Approved]:
    bank = Bank()
    carry_out(make_plan(KINDS, BEFORE, world(Direct(bank), KINDS, BEFORE)), bank)
    bank.advance(600)
    bank.keep()
    plan = make_plan(KINDS, AFTER, world(Direct(bank), KINDS, AFTER))
    document = saved_and_read(plan_document(KINDS, plan))
    assert len(carry_out(plan, bank)) == WRITES
    bank.advance(600)
    yield Approved(bank, document, picture(Direct(bank), KINDS))
    bank.store.close()


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("write", range(WRITES))
def test_the_same_file_ends_what_it_began(approved, write, heard):
    approved.stop_at(write, heard=heard)

    carry_out(approved.held(), approved.bank)

    approved.bank.advance(600)
    assert differences(approved.end, picture(Direct(approved.bank), KINDS)) == []
    assert approved.held().changes == ()


def of(name: str, **fields: Any) -> Config:
    """What was approved, with another value at one card."""
    card = AFTER.declared[Address("cards", name)]
    moved = replace(card, fields={**card.fields, **fields})
    return replace(AFTER, declared={**AFTER.declared, card.address: moved})


@pytest.mark.parametrize(
    ("name", "write"),
    [("both", 1), ("stolen", 5), ("posted", 20), ("follower", 12)],
    ids=["half updated", "ended and not made", "made and not activated", "not carried along yet"],
)
def test_what_moved_in_the_yaml_meanwhile_is_refused(approved, name, write):
    approved.stop_at(write, heard=False)

    with pytest.raises(StaleError, match=rf"cards\.{name}: "):
        approved.held(of(name, spending_controls={"blocked_categories": ("taxicabs_limousines",)}))


def holder(**controls: Any) -> Config:
    return config(cardholders={"acme": {**HOLDER, "spending_controls": controls}}, cards={"ads": CARD})


@pytest.mark.parametrize("by_hand", [None, 10])
def test_a_holder_that_gives_and_takes_is_finished_unless_somebody_else_has_moved_it(by_hand):
    before = holder(spending_limits=[{"amount": 1000, "interval": "daily"}])
    after = holder(spending_limits=[{"amount": 5000, "interval": "monthly"}])
    bank = Bank()
    carry_out(plan_on(bank, before), bank)
    approved = saved_and_read(plan_document(KINDS, plan_on(bank, after)))
    first = plan_on(bank, after).steps[0]
    Direct(bank).perform(first.call)
    if by_hand:
        lower = {"spending_controls": {"spending_limits": [{"amount": by_hand, "interval": "daily"}]}}
        Direct(bank).perform(replace(first.call, params=lower))

    if by_hand:
        with pytest.raises(StaleError, match="spending_limits"):
            hold_to(KINDS, plan_on(bank, after), approved)
    else:
        carry_out(hold_to(KINDS, plan_on(bank, after), approved), bank)
        assert plan_on(bank, after).changes == ()
    bank.store.close()
