"""Two projects with a target for one balance: one of them fills it, and the other says so."""

import subprocess
from pathlib import Path

import pytest
from chaos.acts import apply as carry
from chaos.acts import carry_out, config, plan, reasons
from chaos.acts import top_ups as of_bank
from chaos.direct import Bank, Direct
from e2e.conftest import KEY, Desk
from support.command import environ

from hostile.money import by_hand, moved, settle, stripe_base, target, top_ups, write_on
from provisioner.core.model.config import Config
from provisioner.core.plan.call import Call

EIGHT = 8
__all__ = ["stripe_base"]
PLAN = ("plan", "--detailed-exitcode")
APPLY = ("apply", "--auto-approve")


def start(desk: Desk, commands: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(commands / "provisioner"), "apply", str(folder), "--auto-approve"],
        cwd=folder,
        env=environ(STRIPE_API_BASE=desk.base, STRIPE_API_KEY=KEY),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_eight_applies_of_two_projects_at_once_fill_the_balance_once(desk: Desk, commands: Path) -> None:
    for project, amount in (("acme", "50.00 USD"), ("bakery", "60.00 USD")):
        text = f'version: 1\nproject: {project}\nbalance_targets:\n  usd: {{target: "{amount}"}}\n'
        desk.write(text, f"{project}/provisioner.yaml")
    begun = [start(desk, commands, desk.folder / ("acme", "bakery")[n % 2]) for n in range(EIGHT)]
    said = [process.communicate(timeout=120)[0] for process in begun]

    [top_up] = top_ups(desk)
    owner = top_up["metadata"]["provisioner_project"]
    assert top_up["amount"] == {"acme": 5000, "bakery": 6000}[owner]
    for process, text in zip(begun, said, strict=True):
        assert process.returncode in (0, 1), text
        if f"project '{owner}' already fills this balance" not in text:
            assert process.returncode == 0, text


def test_the_second_project_is_refused_with_the_name_of_the_first(desk: Desk) -> None:
    target(desk, "50.00 USD", "acme")
    desk.run(*APPLY)
    target(desk, "90.00 USD", "bakery")

    said = desk.run(*PLAN).output
    assert "project 'acme' already fills this balance (tu_" in said
    assert "one balance target per currency" in said
    assert "No changes. Stripe does not match the configuration yet; see the notes." in said
    desk.run(*APPLY)
    settle(desk)
    desk.run(*APPLY)
    assert moved(desk) == [5000]


def test_the_balance_is_handed_over_by_the_mark_on_the_newest_top_up(desk: Desk) -> None:
    target(desk, "50.00 USD", "acme")
    desk.run(*APPLY)
    write_on(desk, top_ups(desk)[0]["id"], provisioner_project="bakery")

    target(desk, "90.00 USD", "bakery")
    desk.run(*APPLY)
    target(desk, "500.00 USD", "acme")
    assert "project 'bakery' already fills this balance" in desk.run(*APPLY).output
    assert moved(desk) == [4000, 5000]


@pytest.mark.parametrize("becomes", ["pending", "succeeded", "canceled"])
def test_what_a_project_has_left_names_it_whatever_became_of_it(desk: Desk, becomes: str) -> None:
    target(desk, "50.00 USD", "gone")
    desk.run(*APPLY)
    identity = top_ups(desk)[0]["id"]
    if becomes == "canceled":
        desk.sdk.v1.topups.cancel(identity)
    elif becomes == "succeeded":
        settle(desk)
    target(desk, "80.00 USD", "acme")
    assert f"project 'gone' already fills this balance ({identity}" in desk.run(*APPLY).output

    write_on(desk, identity, provisioner_project="acme")
    desk.run(*APPLY)
    assert sum(moved(desk)) == 8000


def test_money_that_others_have_under_way_counts(desk: Desk) -> None:
    by_hand(desk, 3000, destination_balance="issuing")
    by_hand(desk, 7000)
    target(desk, "50.00 USD")
    desk.run(*APPLY)

    assert moved(desk) == [2000, 7000, 3000]


@pytest.fixture
def bank():
    bank = Bank(settle=None)
    yield bank
    bank.store.close()


def money(project: str, amount: int) -> Config:
    return config(project=project, balance_targets={"usd": {"target": amount}})


def test_they_send_the_same_key_while_they_see_the_same_past(bank: Bank) -> None:
    one, other = plan(bank, money("acme", 5000)), plan(bank, money("bakery", 6000))
    assert one.steps[-1].call.key == other.steps[-1].call.key

    assert carry_out(Direct(bank), one).complete
    [reason] = reasons(carry_out(Direct(bank), other))
    assert "project 'acme' already fills this balance" in reason
    assert of_bank(bank) == [(5000, "pending")]


def test_the_same_target_in_both_is_not_taken_for_ones_own(bank: Bank) -> None:
    """Neither sees the other's top-up beforehand; only the key is in the way."""
    one, other = plan(bank, money("acme", 5000)), plan(bank, money("bakery", 5000))
    left = [1]

    def between(method: str, path: str) -> str:
        if (method, path) == ("POST", "topups") and left:
            left.pop()
            carry_out(Direct(bank), one)
        return ""

    [reason] = reasons(carry_out(Direct(bank, strike=between), other))
    assert "project 'acme' already fills this balance" in reason
    assert of_bank(bank) == [(5000, "pending")]


def test_money_that_somebody_sends_between_plan_and_apply_is_seen(bank: Bank) -> None:
    planned = plan(bank, money("acme", 5000))
    params = {"amount": 5000, "currency": "usd", "destination_balance": "issuing"}
    Direct(bank).perform(Call("topups", "create", None, params))

    [reason] = reasons(carry_out(Direct(bank), planned))
    assert "somebody has just funded this balance (tu_" in reason
    assert reasons(carry(bank, money("acme", 5000))) == []
    assert of_bank(bank) == [(5000, "pending")]
