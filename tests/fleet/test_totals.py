"""The sum over a fleet: the worst wins, ten are kept, and limits judge the whole."""

from provisioner.core.model.json_document import MovedMoney
from provisioner.fleet.budget import budget_of, part_of, platform_rate
from provisioner.fleet.model import FleetLimits, Rates
from provisioner.fleet.outcome import ACCESS, CHANGES, DONE, ERROR, GUARDRAIL, PARTLY, STALE, AccountOutcome
from provisioner.fleet.select import Shard
from provisioner.fleet.totals import Totals, judge, totals_document

USD_AND_EUR = (MovedMoney("usd", 600), MovedMoney("eur", 1))


def outcome(code=DONE, account="acct_1", **more):
    return AccountOutcome("plan", account, account, code, **more)


def total(*outcomes, allowed=100):
    totals = Totals("plan", len(outcomes), allowed)
    for each in outcomes:
        totals.add(each)
    return totals


def test_the_worst_exit_code_wins():
    ranked = [DONE, CHANGES, STALE, GUARDRAIL, PARTLY, ERROR, ACCESS]

    for number, code in enumerate(ranked):
        better = [outcome(each) for each in ranked[: number + 1]]
        assert total(*better).code == code
        assert total(*reversed(better)).code == code


def test_ten_are_kept_of_however_many_the_worst_first():
    many = [outcome(ERROR, f"acct_{n}", seconds=n) for n in range(50)]

    worst = total(*many, outcome(ACCESS, "acct_key"), *[outcome(DONE, "fine")] * 5).worst

    assert [each.account for each in worst] == ["acct_key", *[f"acct_{n}" for n in range(49, 40, -1)]]


def test_changes_are_no_failures():
    assert total(outcome(CHANGES), outcome(DONE)).failed == 0


def test_more_failures_than_may_be_stop_the_run():
    totals = total(outcome(ERROR), outcome(ERROR), allowed=1)

    assert totals.halted == "2 accounts failed, 1 allowed"
    assert total(outcome(ERROR), allowed=0).halted == "1 account failed, 0 allowed"
    assert total(outcome(ERROR), allowed=1).halted == ""


def test_a_tenth_may_fail_and_three_of_a_few():
    assert [FleetLimits().failures(n) for n in (1, 30, 200)] == [3, 3, 20]
    assert FleetLimits(failed=0).failures(200) == 0
    assert FleetLimits(failed_share=0.05).failures(200) == 10


def test_money_and_ends_are_judged_as_a_whole_and_passed_by_naming_a_number():
    whole = total(outcome(money=USD_AND_EUR, ends=2), outcome(money=(MovedMoney("usd", 500),), ends=1))
    limits = FleetLimits(top_up={"usd": 1000, "eur": 1}, retired=2)

    money, ends = judge(whole, limits, {})
    assert money.text == "top-ups of $11.00 across the fleet exceed max_top_up ($10.00)"
    assert ends.text == "3 objects would be retired or replaced across the fleet (max_retired: 2)"
    assert str(ends).endswith("to allow it once, pass --allow retired=3")
    assert judge(whole, limits, {"top_up": 1100, "retired": 3}) == ()
    assert len(judge(whole, limits, {"top_up": 1099, "retired": 3})) == 1
    assert judge(whole, FleetLimits(), {}) == ()


def test_money_in_a_currency_that_the_limit_does_not_name_is_over_it():
    [euros] = judge(total(outcome(money=USD_AND_EUR)), FleetLimits(top_up={"usd": 1000}), {})

    assert str(euros) == (
        "top-ups of €0.01 across the fleet exceed max_top_up, which has no limit for EUR; add one there; "
        "to allow it once, pass --allow top_up=0.01EUR"
    )


def test_the_document_counts_who_was_not_begun():
    totals = Totals("apply", 5, 0)
    totals.add(outcome(ERROR, problems=("no",)))

    document = totals_document(totals, "f", 2.0)

    assert (document.ended, document.not_begun, document.failed) == (1, 4, 1)
    assert document.worst[0].problems == ("no",)


def test_shards_share_the_rate_and_the_limits():
    part = part_of(FleetLimits(top_up={"usd": 1000}, retired=7, failed=5, failed_share=None), Shard(2, 4))

    assert (part.top_up, part.retired, part.failed) == ({"usd": 250}, 1, 1)
    assert platform_rate(Rates(platform=100), "live", Shard(1, 4), None) == 25
    assert platform_rate(Rates(), "test", Shard(), None) == 25
    assert platform_rate(Rates(platform=100), "live", Shard(), 10.0) == 10


def test_a_budget_is_never_faster_than_its_rate():
    assert (budget_of("b", 25).places, budget_of("b", 25).rest) == (25, 1.0)
    assert (budget_of("b", 2.5).places, budget_of("b", 2.5).rest) == (2, 1.0)
    assert (budget_of("b", 0.5).places, budget_of("b", 0.5).rest) == (1, 2.0)
