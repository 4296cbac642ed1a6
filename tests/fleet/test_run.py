"""The run over any executor: a window of jobs, the canary first, and what makes it stop."""

import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from provisioner.fleet.budget import budget_of
from provisioner.fleet.job import Job
from provisioner.fleet.model import FleetAccount
from provisioner.fleet.outcome import DONE, ERROR, AccountOutcome
from provisioner.fleet.run import Engine, run
from provisioner.fleet.totals import Totals

BUDGET = budget_of("b", 10)


class Bench:
    """An engine of threads whose task notes what it was given, and fails where it is told to."""

    def __init__(self, *, failing=(), lost=(), width=4):
        self.begun, self.at_once, self.most = [], 0, 0
        self.failing, self.lost, self.width = failing, lost, width
        self._lock = threading.Lock()

    def task(self, job):
        with self._lock:
            self.begun.append(job.account.id)
        if job.account.id in self.lost:
            raise CancelledError
        return AccountOutcome("plan", job.account.id, "", ERROR if job.account.id in self.failing else DONE)

    def run(self, stages, allowed=100, stop=None):
        accounts = [[FleetAccount(name, name, "x") for name in stage] for stage in stages]
        totals = Totals("plan", sum(map(len, accounts)), allowed)
        seen = []
        with ThreadPoolExecutor(self.width) as executor:
            engine = Engine(executor, self.task, lambda: self.width)
            make = lambda account: Job("plan", account, "test", BUDGET)  # noqa: E731
            run(engine, accounts, make, totals, seen.append, stop or threading.Event())
        return totals, seen


def names(letter, count):
    return [f"{letter}{number}" for number in range(count)]


def test_every_account_is_run_once_and_the_canary_set_first():
    bench = Bench()

    totals, seen = bench.run([names("c", 3), names("a", 20)])

    assert sorted(bench.begun[:3]) == names("c", 3)
    assert sorted(bench.begun) == sorted(names("c", 3) + names("a", 20))
    assert (totals.seen, totals.code, len(seen)) == (23, DONE, 23)


def test_the_rest_waits_for_the_canary_set_to_succeed():
    bench = Bench(failing=["c1"])

    totals, _ = bench.run([names("c", 3), names("a", 20)])

    assert sorted(bench.begun) == names("c", 3)
    assert totals.halted == "a canary account failed"
    assert totals.accounts - totals.seen == 20


def test_one_failure_is_its_own():
    totals, _ = Bench(failing=["a3"]).run([names("a", 20)])

    assert (totals.seen, totals.failed, totals.code, totals.halted) == (20, 1, ERROR, "")


def test_too_many_failures_stop_what_is_not_begun():
    bench = Bench(failing=names("a", 100), width=2)

    totals, _ = bench.run([names("a", 100)], allowed=3)

    assert totals.halted == "4 accounts failed, 3 allowed"
    assert totals.seen == len(bench.begun) < 10


def test_what_the_engine_loses_is_said_and_is_that_accounts_own():
    totals, seen = Bench(lost=["a1"]).run([names("a", 3)])

    lost = next(each for each in seen if each.account == "a1")
    assert "the executor lost this account (CancelledError); run the same command again" in lost.problems
    assert (totals.seen, totals.failed) == (3, 1)


def test_a_stop_begins_nothing_else():
    stop = threading.Event()
    bench = Bench(width=1)
    before = bench.task

    def task(job):
        stop.set()
        return before(job)

    bench.task = task

    totals, _ = bench.run([names("a", 50)], stop=stop)

    assert totals.seen == len(bench.begun) == 1


@pytest.mark.parametrize("width", [1, 3])
def test_no_more_jobs_exist_than_the_engine_is_wide(width):
    made, ended, most = 0, 0, 0
    totals = Totals("plan", 50, 100)

    def make(account):
        nonlocal made, most
        made += 1
        most = max(most, made - ended)
        return Job("plan", account, "test", BUDGET)

    def tell(_outcome):
        nonlocal ended
        ended += 1

    with ThreadPoolExecutor(width) as executor:
        engine = Engine(executor, Bench().task, lambda: width)
        accounts = [FleetAccount(name, name, "x") for name in names("a", 50)]
        run(engine, [accounts], make, totals, tell, threading.Event())

    assert (ended, most) == (50, width)
