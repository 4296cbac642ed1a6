"""Generated configurations, start states, faults and kills: laws 1, 2, 3, 5 and 6 for all of them."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.depth import thorough

from chaos.acts import CARD, HOLDER, carry_out, config, plan, reasons
from chaos.direct import Bank, Direct
from provisioner.chaos.normalized_state import differences, picture
from provisioner.chaos.watch import estate, moments, newest_event, too_wide
from provisioner.core.model.config import Config
from provisioner.core.plan.call import Call
from provisioner.kinds import KINDS

EXAMPLES = thorough(60)
EFFECTS = ("drop_before", "drop_after", "500_before", "500_began", "500_after", "kill_before", "kill_after")
CATEGORIES = ("advertising_services", "taxicabs_limousines", "hotels_motels_and_resorts")


class Killed(BaseException):
    """The end of the process."""


class Mortal(Direct):
    """Dies at its request number `at`, or has it fail so; counts what it sends."""

    def __init__(self, bank: Bank, effect: str, at: int) -> None:
        super().__init__(bank, strike=self.strike_now)
        self.effect, self.at, self.sent = effect, at, 0

    def strike_now(self, _method: str, _path: str) -> str:
        self.sent += 1
        if self.sent != self.at:
            return ""
        if self.effect == "kill_before":
            raise Killed
        if self.effect == "kill_after":
            self.gate = self.die
            return ""
        return self.effect

    def die(self, request: Any) -> Any:
        request()
        raise Killed


def limits() -> st.SearchStrategy[dict[str, Any]]:
    amounts = st.sampled_from([1000, 5000, 90_000])
    rows = st.builds(
        lambda a, i: {"amount": a, "interval": i}, amounts, st.sampled_from(["daily", "monthly"])
    )
    return st.fixed_dictionaries(
        {},
        optional={
            "spending_limits": st.lists(rows, min_size=1, max_size=2, unique_by=lambda row: row["interval"]),
            "allowed_categories": st.lists(st.sampled_from(CATEGORIES), min_size=1, unique=True),
        },
    )


def lifecycles() -> st.SearchStrategy[dict[str, Any]]:
    reissues = st.builds(
        lambda n, why: {"number": n, "reason": why}, st.integers(1, 2), st.sampled_from(["lost", "expired"])
    )
    return st.fixed_dictionaries(
        {"on_remove": st.sampled_from(["deactivate", "cancel", "keep"])}, optional={"reissue": reissues}
    )


def cards() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            **{name: st.just(value) for name, value in CARD.items()},
            "cardholder": st.sampled_from(["one", "two"]),
            "status": st.sampled_from(["active", "inactive"]),
            "lifecycle": lifecycles(),
        },
        optional={"spending_controls": limits()},
    )


@st.composite
def configs(draw: st.DrawFn) -> Config:
    holders = {
        name: {**HOLDER, "name": draw(st.sampled_from(["Acme Inc", "Bolt Ltd"]))} for name in ("one", "two")
    }
    named = st.dictionaries(st.sampled_from(["a", "b", "c"]), cards(), max_size=3)
    money = {"usd": {"target": draw(st.sampled_from([1000, 70_000]))}} if draw(st.booleans()) else {}
    return config(cardholders=holders, cards=draw(named), **({"balance_targets": money} if money else {}))


@pytest.fixture(scope="module")
def banks():
    one, other = Bank(), Bank()
    for bank in (one, other):
        bank.keep()
    yield one, other
    for bank in (one, other):
        bank.store.close()


def settle(bank: Bank, wanted: Config) -> None:
    """Apply until there is nothing to do; it must be the first apply that does it."""
    report = carry_out(Direct(bank), plan(bank, wanted))
    assert report.complete, reasons(report)
    bank.advance(600)
    assert plan(bank, wanted).changes == ()


def strangers(bank: Bank) -> dict[str, Any]:
    return {
        i: o for i, o in estate(Direct(bank)).items() if o["metadata"].get("provisioner_project") != "acts"
    }


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(
    before=configs(),
    after=configs(),
    effect=st.sampled_from(EFFECTS),
    at=st.integers(1, 16),
    later=st.booleans(),
)
def test_a_disturbed_apply_of_anything_after_anything(banks, before, after, effect, at, later):
    quiet, stormy = banks
    stormy.put_back()
    holder = Direct(stormy).perform(Call("issuing.cardholders", "create", None, HOLDER))
    foreign = {**CARD, "cardholder": holder.object["id"], "metadata": {"provisioner_project": "another"}}
    Direct(stormy).perform(Call("issuing.cards", "create", None, foreign))
    settle(stormy, before)
    quiet.copy(stormy)
    theirs, since, begun = strangers(stormy), newest_event(Direct(stormy)), estate(Direct(stormy))

    settle(quiet, after)
    writer = Mortal(stormy, effect, at)
    try:
        carry_out(writer, plan(stormy, after))
    except Killed:
        stormy.advance(90_000 if later else 0)
    settle(stormy, after)

    ends = [picture(Direct(bank), KINDS) for bank in banks]
    assert differences(*ends) == []
    assert strangers(stormy) == theirs
    assert too_wide(begun, [estate(Direct(quiet))], moments(Direct(stormy), since)) == []


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(before=configs(), after=configs())
def test_a_plan_sends_nothing_but_gets_and_an_applied_one_is_empty(banks, before, after):
    bank = banks[0]
    bank.put_back()
    settle(bank, before)
    seen = picture(Direct(bank), KINDS)

    plan(bank, after)

    assert picture(Direct(bank), KINDS) == seen
    settle(bank, after)
