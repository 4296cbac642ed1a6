"""A fleet on this machine, through the command line, against a counting sandbox."""

import json
import os
import signal
import subprocess
import sys

import pytest

from fleet.world import ids, in_process, make_fleet, platform

ACCOUNTS, CARDS = 5, 2
REQUESTS = 6  # of a plan: the account, its balance, and four lists


@pytest.fixture
def there():
    with platform(ACCOUNTS, topup_settle=None) as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    return make_fleet(tmp_path / "fleet", ACCOUNTS, CARDS)


def lines(run):
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_all_accounts_are_applied_and_the_second_run_finds_nothing(there, folder):
    applied = in_process(
        there, folder, "apply", "--auto-approve", "--report", "r.html", "--report", "r.jsonl"
    )

    assert applied.exit_code == 0, applied.stdout + applied.stderr
    assert [there.estate(each) for each in ids(ACCOUNTS)] == [there.expected(CARDS)] * ACCOUNTS
    again = in_process(there, folder, "apply", "--auto-approve", "--format", "jsonl")
    assert again.exit_code == 0
    assert [(each["phase"], each["code"]) for each in lines(again)] == [("plan", 0)] * ACCOUNTS + [
        ("plan totals", 0)
    ]
    assert there.estate(ids(1)[0]) == there.expected(CARDS)
    page = (folder / "r.html").read_text()
    assert page.count("<tr>") == 2 * ACCOUNTS + 1
    assert page.rstrip().endswith("</html>")
    told = [json.loads(line) for line in (folder / "r.jsonl").read_text().splitlines()]
    assert [each["phase"] for each in told].count("apply") == ACCOUNTS
    assert told[-1]["money"] == [{"currency": "usd", "amount": 10000 * ACCOUNTS}]
    journal = (folder / ".provisioner" / "journal.jsonl").read_text().splitlines()
    assert len(journal) == ACCOUNTS * (CARDS + 2)
    assert {json.loads(line)["account"] for line in journal} == set(ids(ACCOUNTS))


def test_a_plan_writes_nothing_and_counts_over_the_in_process(there, folder):
    plan = in_process(there, folder, "plan", "--detailed-exitcode")

    assert plan.exit_code == 2
    assert f"Total: {ACCOUNTS * (CARDS + 1)} to create; top up $500.00." in plan.stdout
    assert in_process(there, folder, "plan").exit_code == 0
    assert there.all(ids(1)[0], "issuing/cards") == []


def test_a_plan_counts_what_people_have_to_do(there, folder):
    with (folder / "template.yaml").open("a") as template:
        template.write("  eur: {target: 5000}\n")

    plan = in_process(there, folder, "plan")

    assert f"top up $500.00; {ACCOUNTS} manual actions required.\n" in plan.stdout


def test_one_accounts_failure_is_its_own_and_a_second_run_does_what_is_left(there, folder):
    broken = ids(ACCOUNTS)[3]
    rows = (folder / "accounts.csv").read_text()
    (folder / "accounts.csv").write_text(rows.replace(broken, "acct_1Unknown"))

    first = in_process(there, folder, "apply", "--auto-approve")

    assert first.exit_code == 7, first.stdout
    assert "acct_1Unknown      shop-00003  FAILED (7): " in first.stdout
    assert [there.estate(each).total() for each in ids(ACCOUNTS)] == [4, 4, 4, 0, 4]
    (folder / "accounts.csv").write_text(rows)
    second = in_process(there, folder, "apply", "--auto-approve", "--format", "jsonl")
    assert second.exit_code == 0
    assert [each["account"] for each in lines(second) if each["phase"] == "apply"] == [broken]


def test_a_configuration_for_another_account_is_applied_to_none(there, folder):
    template = folder / "template.yaml"
    template.write_text(template.read_text() + f"account: {ids(ACCOUNTS)[0]}\n")

    run = in_process(there, folder, "apply", "--auto-approve")

    assert run.exit_code == 7
    here, other = ids(ACCOUNTS)[:2]
    assert f"Stripe responded for account {other}; expected account {here}" in run.stdout
    assert [there.estate(each).total() for each in ids(ACCOUNTS)] == [0] * ACCOUNTS


def test_selected_accounts_only_and_shards_together_are_the_whole(there, folder):
    picked = in_process(
        there, folder, "plan", "--select", "tier=canary", "--select", "shop-00002", "--format", "jsonl"
    )
    shards = [in_process(there, folder, "plan", "--shards", f"{n}/2", "--format", "jsonl") for n in (1, 2)]
    nobody = in_process(there, folder, "plan", "--select", "tier=gold")

    assert {each.get("name") for each in lines(picked)[:-1]} == {"shop-00000", "shop-00002"}
    assert sorted(each["account"] for run in shards for each in lines(run)[:-1]) == ids(ACCOUNTS)
    assert nobody.exit_code == 1
    assert (
        "no account of test-platform matches --select; labels are tier=canary, tier=standard" in nobody.stderr
    )


def test_a_failing_canary_keeps_the_rest_untouched(there, folder):
    scopes = ("account", "balance", "topup", "issuing_cardholder", "connected_account")
    there.restrict("rk_test_few", **dict.fromkeys(scopes, "write"), issuing_card="read")

    run = in_process(there, folder, "apply", "--auto-approve", STRIPE_API_KEY="rk_test_few")

    assert run.exit_code == 5, run.stdout
    assert "Stopped early: a canary account failed" in run.stdout
    assert "cards.card-1: the key is missing a permission" in run.stdout
    assert "4 accounts not started; rerun the same command to do the rest." in run.stdout
    assert all(not there.estate(each) for each in ids(ACCOUNTS)[1:])


@pytest.mark.parametrize(("limit", "number"), [('max_top_up: "499.99 USD"', "top_up=500.00USD")])
def test_a_limit_of_the_fleet_stops_it_before_the_first_write(there, tmp_path, limit, number):
    folder = make_fleet(tmp_path, ACCOUNTS, CARDS, more=f"guardrails: {{{limit}}}\n")

    stopped = in_process(there, folder, "apply", "--auto-approve")

    assert stopped.exit_code == 3
    assert f"--allow {number}\nNothing was changed." in stopped.stderr
    assert not there.estate(ids(1)[0])
    assert in_process(there, folder, "apply", "--auto-approve", "--allow", number).exit_code == 0


def test_retiring_is_judged_over_the_in_process(there, tmp_path):
    folder = make_fleet(tmp_path, ACCOUNTS, CARDS)
    assert in_process(there, folder, "apply", "--auto-approve").exit_code == 0
    make_fleet(tmp_path, ACCOUNTS, 1, more="guardrails: {max_retired: 4}\n")

    stopped = in_process(there, folder, "apply", "--auto-approve")

    assert stopped.exit_code == 3
    assert "5 objects would be retired or replaced across the fleet (max_retired: 4)" in stopped.stderr
    assert in_process(there, folder, "apply", "--auto-approve", "--allow", "retired=5").exit_code == 0
    assert there.estate(ids(1)[0])["cards.card-2 inactive [20000]"] == 1


def test_drift_and_status_say_what_moved_in_which_account(there, folder):
    in_process(there, folder, "apply", "--auto-approve")
    moved = ids(ACCOUNTS)[2]
    card = there.all(moved, "issuing/cards")[0]["id"]
    there.post(moved, f"issuing/cards/{card}", {"status": "inactive"})

    drift = in_process(there, folder, "drift")
    status = in_process(there, folder, "status")

    assert drift.exit_code == 2
    assert f"{moved}  shop-00002  1 changed outside of provisioner" in drift.stdout
    assert drift.stdout.count("no drift") == ACCOUNTS - 1
    assert status.exit_code == 0
    line = f"{moved}  shop-00002  2 cards (1 active), 1 cardholder; available $0.00"
    assert f"{line}; 1 changed outside of provisioner" in status.stdout


def test_a_configuration_that_cannot_be_used_stops_all_before_a_request(there, folder):
    template = folder / "template.yaml"
    template.write_text(template.read_text().replace("type: company", "type: compnay"))

    run = in_process(there, folder, "apply", "--auto-approve")

    assert run.exit_code == 1
    assert "template.yaml:8:11: cardholders.shop: 'type': 'compnay' is not one of" in run.stderr
    assert there.arrivals == []


def test_a_key_of_the_wrong_mode_and_a_missing_key_end_with_7(there, folder):
    live = in_process(there, folder, "plan", STRIPE_API_KEY="sk_live_x")
    bare = in_process(there, folder, "plan", STRIPE_API_KEY=None)

    assert (live.exit_code, bare.exit_code) == (7, 7)
    assert there.arrivals == []


def test_without_a_terminal_there_must_be_an_approval(there, folder):
    run = in_process(there, folder, "apply")

    assert run.exit_code == 1
    assert "stdin is not a terminal" in run.stderr
    assert not there.estate(ids(1)[0])


def test_a_matrix_has_a_job_for_every_shard_with_accounts(there, folder):
    run = in_process(there, folder, "matrix", "--shards", "3")

    include = json.loads(run.stdout)["include"]
    assert sum(each["accounts"] for each in include) == ACCOUNTS
    assert {each["shard"] for each in include} <= {"1/3", "2/3", "3/3"}


def test_the_platforms_limit_holds_at_the_server(there, tmp_path):
    folder = make_fleet(tmp_path, ACCOUNTS, CARDS, platform=20)

    assert in_process(there, folder, "plan").exit_code == 0

    assert len(there.arrivals) == REQUESTS * ACCOUNTS
    assert there.busiest() <= 20


def test_interrupted_it_finishes_what_is_under_way_and_a_second_run_the_rest(there, tmp_path):
    folder = make_fleet(tmp_path, ACCOUNTS, CARDS, platform=40)
    words = [sys.executable, "-m", "provisioner", "fleet", "apply", "--auto-approve", "--at-once", "1"]
    child = subprocess.Popen(words, cwd=folder, env=there.environ(), stdout=subprocess.PIPE, text=True)
    for line in child.stdout:
        if " created" in line:
            break
    os.kill(child.pid, signal.SIGINT)
    child.communicate(timeout=60)

    assert child.returncode == 130
    make_fleet(tmp_path, ACCOUNTS, CARDS)
    assert in_process(there, folder, "apply", "--auto-approve").exit_code == 0
    assert [there.estate(each) for each in ids(ACCOUNTS)] == [there.expected(CARDS)] * ACCOUNTS


def test_a_plan_names_the_guardrails_that_would_stop_its_apply(there, tmp_path):
    """Those of the fleet in the totals, an account's own beside the account, as the apply then says."""
    folder = make_fleet(tmp_path, ACCOUNTS, CARDS, more='guardrails: {max_top_up: "499.99 USD"}\n')
    with (folder / "template.yaml").open("a") as template:
        template.write("guardrails: {max_activated: 1, require_approval: broadening}\n")
    said = in_process(there, folder, "plan", "--report", "r.html", "--report", "r.jsonl")
    stopped = in_process(there, folder, "apply", "--auto-approve", "--allow", "top_up=50000")

    own = (
        "2 cards would be activated (max_activated: 1); "
        "only `provisioner apply` for this account can allow it"
    )
    whole = "top-ups of $500.00 across the fleet exceed max_top_up ($499.99); to allow it once, pass"
    assert said.exit_code == 0
    both = f"blocked by guardrails: {own}; blocked by guardrails: this plan raises"
    assert said.stdout.count(both) == ACCOUNTS
    assert f"Blocked by guardrails of the fleet: apply will make no changes: {whole}" in said.stdout
    assert f"{ACCOUNTS} accounts blocked by their own guardrails: apply will make no changes" in said.stdout
    account, *_, totals = [json.loads(line) for line in (folder / "r.jsonl").read_text().splitlines()]
    assert account["stopped_by"][0] == own
    assert totals["stopped_by"][0].startswith(whole)
    assert (folder / "r.html").read_text().count(own) == ACCOUNTS
    assert stopped.exit_code == 3
    assert own in stopped.stdout
    assert not there.estate(ids(1)[0])
