"""Lists that lag behind writes: no money moves twice, however late a top-up is listed."""

import json
import random
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from chaos.acts import apply, carry_out, config, money, once, plan, reasons
from chaos.acts import top_ups as of_bank
from chaos.direct import NOTHING, Bank, Direct, world
from chaos.test_interleavings import Turns
from e2e.conftest import Desk
from support.depth import thorough
from support.liar import Liar, lying

from hostile.money import by_hand, moved, settle, stripe_base, target, top_ups
from provisioner.core.model.config import Config
from provisioner.core.model.errors import AccessError, ProvisionerError
from provisioner.core.plan.call import Call
from provisioner.core.plan.plan import make_plan
from provisioner.engine.apply import top_up as topping_up
from provisioner.kinds import KINDS

__all__ = ["stripe_base"]
APPLY = ("apply", "--auto-approve")
FUNDER = "rk_test_funds"


@pytest.fixture
def liar(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    """Between the command line and Stripe; the command waits for nothing."""
    monkeypatch.setattr(topping_up, "PAUSES", (0.0,) * len(topping_up.PAUSES))
    with lying(desk.base) as liar:
        monkeypatch.setenv("STRIPE_API_BASE", liar.base)
        yield liar


def funded_unseen(desk: Desk, liar: Liar, *more: str) -> None:
    """A top-up that no list shows from now on."""
    for resource in ("topups", *more):
        liar.lag(resource)
    target(desk, "50.00 USD")
    desk.run(*APPLY)


def test_the_same_target_finds_the_top_up_that_was_made_for_it(desk: Desk, liar: Liar) -> None:
    funded_unseen(desk, liar, "events")

    assert top_ups(desk)[0]["id"] in desk.run(*APPLY).output
    assert moved(desk) == [5000]


def test_with_another_target_the_events_tell_of_it(desk: Desk, liar: Liar) -> None:
    funded_unseen(desk, liar)
    target(desk, "90.00 USD")

    said = desk.run(*APPLY, code=1).output
    assert f"another run has just funded this balance ({top_ups(desk)[0]['id']})" in said
    assert moved(desk) == [5000]

    liar.catch_up()
    desk.run(*APPLY)
    assert moved(desk) == [4000, 5000]


def test_where_the_events_lag_too_it_looks_again_until_they_tell(desk: Desk, liar: Liar) -> None:
    funded_unseen(desk, liar, "events")
    target(desk, "90.00 USD")
    liar.lag("topups", 3)  # the plan, before the attempt, and after it
    liar.lag("events", 2)

    assert "another run has just funded this balance" in desk.run(*APPLY, code=1).output
    assert moved(desk) == [5000]


def test_a_key_that_may_not_read_events_is_told_to_run_again(
    desk: Desk, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = {"account": "read", "balance": "read", "topup": "write"}
    may |= {"issuing_cardholder": "read", "issuing_card": "read"}
    desk.control("keys", json.dumps({"key": FUNDER, "permissions": may}).encode())
    monkeypatch.setenv("STRIPE_API_KEY", FUNDER)
    funded_unseen(desk, liar)
    target(desk, "90.00 USD")

    said = desk.run(*APPLY, code=1).output
    assert "the key cannot read events); nothing was sent under another key" in said
    assert moved(desk) == [5000]

    liar.catch_up()
    desk.run(*APPLY)
    assert moved(desk) == [4000, 5000]


def test_a_list_that_has_gone_back_is_not_believed(desk: Desk, liar: Liar) -> None:
    target(desk, "10.00 USD")
    desk.run(*APPLY)
    first = top_ups(desk)[0]["id"]
    funded_unseen(desk, liar, "events")
    target(desk, "90.00 USD")
    liar.lie("GET /v1/topups", lambda asked: _without(asked, first), count=None, skip=1)

    said = desk.run(*APPLY, code=1).output
    assert "Stripe's list of top-ups is older than the plan); nothing was sent under another key" in said
    assert moved(desk) == [4000, 1000]


def _without(asked: Any, *hidden: str) -> Any:
    answer = asked.pass_on()
    shown = [item for item in answer.data["data"] if item["id"] not in {*hidden, *asked.liar.hidden}]
    return type(answer)(answer.status, {**answer.data, "data": shown}, answer.headers)


def test_what_somebody_has_sent_by_hand_and_no_list_shows_is_in_the_events(desk: Desk, liar: Liar) -> None:
    liar.lag("topups")
    liar.hidden.add(by_hand(desk, 3000, destination_balance="issuing"))
    target(desk, "50.00 USD")

    assert "somebody has just funded this balance" in desk.run(*APPLY, code=1).output
    assert moved(desk) == [3000]


def test_another_project_that_no_list_shows_is_named(desk: Desk, liar: Liar) -> None:
    funded_unseen(desk, liar)
    target(desk, "90.00 USD", "bakery")

    assert "project 'desk' already fills this balance" in desk.run(*APPLY, code=1).output
    assert moved(desk) == [5000]


def test_a_refusal_kept_for_the_same_parameters_needs_no_look(desk: Desk, liar: Liar) -> None:
    """It says that nothing was made under the key, however late the lists are."""
    desk.control("switches", json.dumps({"issuing_top_ups": False}).encode())
    target(desk, "50.00 USD")
    desk.run(*APPLY, code=1)
    desk.control("switches", json.dumps({"issuing_top_ups": True}).encode())
    liar.lie("GET /v1/events", lambda asked: type(asked.pass_on())(403, {"error": {}}), count=None)

    desk.run(*APPLY)
    assert moved(desk) == [5000]
    settle(desk)


@pytest.fixture
def bank() -> Iterator[Bank]:
    bank = Bank(settle=None)
    yield bank
    bank.store.close()


def test_stopped_while_it_waits_it_sends_nothing_more(bank: Bank) -> None:
    class Stopped(Direct):
        def wait(self, _seconds: float) -> bool:
            return False

    carry_out(Direct(bank, strike=once("500_began", "POST", "topups")), plan(bank, money(7000)))
    for top_up in list(Direct(bank).list("topups")):
        Direct(bank).perform(Call("topups", "cancel", str(top_up["id"]), {}))
    assert reasons(apply(bank, money(5000), strike=once("500_began", "POST", "topups"))) == []

    [reason] = reasons(
        carry_out(Stopped(bank, strike=once("500_began", "POST", "topups")), plan(bank, money(9000)))
    )
    assert "interrupted before the outcome" in reason
    assert sum(amount for amount, status in of_bank(bank) if status == "pending") == 5000


@dataclass
class Late(Direct):
    """Its lists of top-ups and events hide what others have made, until it has waited often enough."""

    hidden: set[str] = field(default_factory=set)
    patience: int = 0
    blind: bool = False

    def list(self, resource: str, params: Mapping[str, Any] = NOTHING) -> Iterator[Mapping[str, Any]]:
        if resource == "events" and self.blind:
            raise AccessError("this key may not read events")
        for item in super().list(resource, params):
            about = item["data"]["object"] if resource == "events" else item
            if about.get("id") not in self.hidden:
                yield item

    def wait(self, _seconds: float) -> bool:
        self.patience -= 1
        if self.patience < 0:
            self.hidden.clear()
        return True


def goal(rng: random.Random) -> Config:
    amount, project = rng.choice((3000, 5000, 5000, 9000)), rng.choice(("acme", "acme", "bakery"))
    return config(project=project, balance_targets={"usd": {"target": amount}})


def struck(rng: random.Random) -> Any:
    effect = rng.choice(("", "", "500_began", "500_after", "drop_after", "drop_before"))
    return once(effect, "POST", "topups")


@pytest.mark.parametrize("part", range(4))
def test_whatever_the_order_and_the_lag_the_largest_target_is_never_passed(bank: Bank, part: int) -> None:
    """Runs of two projects at once, by hand in between, with lists that lag differently for each of them."""
    bank.keep()
    for seed in range(part, thorough(120), 4):
        rng = random.Random(seed)  # noqa: S311 - to be repeatable
        bank.put_back()
        goals = [goal(rng) for _ in range(rng.choice((2, 2, 3)))]
        unseen: set[str] = set()
        if rng.random() < 0.5:  # one that ended before, and that no list shows
            first = goal(rng)
            carry_out(Direct(bank), plan(bank, first))
            unseen = {str(item["id"]) for item in Direct(bank).list("topups")}
            goals.append(first)
        told = at_once(bank, goals, unseen, rng)
        made = [item for item in Direct(bank).list("topups") if item["status"] == "pending"]
        largest = max(declared.fields["target"] for each in goals for declared in each.declared.values())
        assert sum(item["amount"] for item in made) <= largest, (seed, told)
        assert len({item["metadata"]["provisioner_project"] for item in made}) <= 1, (seed, told)


def late(bank: Bank, turns: Turns, number: int, unseen: set[str], rng: random.Random) -> Late:
    """One run: whose lists catch up while it looks again, or never where it may not read events."""
    blind, patience = rng.random() < 0.3, rng.choice((0, 1, 2))
    writer = Late(bank, turns.gate(number), struck(rng), hidden=set(unseen), blind=blind)
    writer.patience = rng.choice((patience, 99)) if blind else patience
    return writer


def at_once(bank: Bank, goals: list[Config], unseen: set[str], rng: random.Random) -> list[str]:
    turns = Turns(rng.randrange(10**6), len(goals))
    ended = [""] * len(goals)
    writers = [late(bank, turns, number, unseen, rng) for number in range(len(goals))]

    def run(number: int) -> None:
        try:
            planned = make_plan(KINDS, goals[number], world(writers[number], KINDS, goals[number]))
            ended[number] = "; ".join(reasons(carry_out(writers[number], planned)))
        except ProvisionerError as error:
            ended[number] = str(error)
        finally:
            turns.leave(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(goals))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended
