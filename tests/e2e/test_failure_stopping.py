"""Ctrl-C, SIGTERM, SIGKILL, closed and full outputs: what is said, how it exits, what comes after."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support.command import environ

from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "examples" / "acme"
APPLY = ("apply", str(EXAMPLE), "--auto-approve", "--max-rps", "100000", "--max-endpoint-rps", "100000")


@pytest.fixture
def base():
    with running(Settings(rate_limit=False, topup_settle=None)) as base:
        yield base


def start(base: str, cwd: Path, *words: str, commands: Path | None = None, **how) -> subprocess.Popen:
    env = environ(STRIPE_API_BASE=base, STRIPE_API_KEY="sk_test_canary99")
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **how}
    command = [sys.executable, "-m", "provisioner"] if commands is None else [str(commands / "provisioner")]
    return subprocess.Popen([*command, *words], cwd=cwd, env=env, **given)


def run(base: str, cwd: Path, *words: str, **how) -> subprocess.CompletedProcess:
    with start(base, cwd, *words, **how) as process:
        out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def ask(url: str, value=None):
    request = urllib.request.Request(url, None if value is None else json.dumps(value).encode())  # noqa: S310
    request.add_header("Authorization", "Bearer sk_test_a")
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)


def control(base: str, what: str, value) -> None:
    ask(f"{base}/_sandbox/{what}", value)


def slow_down(base: str, match: str, seconds: float = 1.0) -> None:
    """Every such request takes long, so that signals come while it is under way."""
    fault = {"effect": "delay", "match": match, "count": None, "seconds": seconds}
    control(base, "faults", {"faults": [fault]})


def until(process: subprocess.Popen, text: str) -> str:
    """Read stderr up to the first line with this text."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def journal(cwd: Path) -> list[dict]:
    return [json.loads(line) for line in (cwd / ".provisioner/journal.jsonl").read_text().splitlines()]


def assert_converges(base: str, cwd: Path, commands: Path) -> None:
    control(base, "faults", {"faults": []})
    again = run(base, cwd, *APPLY, commands=commands)
    assert again.returncode == 0, again.stderr
    assert run(base, cwd, "plan", str(EXAMPLE), "--detailed-exitcode", commands=commands).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_calls_under_way_end_and_the_next_run_finishes(base, tmp_path, number, commands):
    slow_down(base, "POST /v1/issuing/cards")
    with start(base, tmp_path, *APPLY, "--format", "json") as process:
        until(process, "cardholders.")
        process.send_signal(number)
        out, err = process.communicate(timeout=60)

    document = json.loads(out)
    assert process.returncode == 130
    assert "waiting for requests in flight" in err
    assert document["interrupted"] is True
    assert document["complete"] is False
    done = [result["id"] for result in document["results"] if result["outcome"] == "done"]
    told = [entry["id"] for entry in journal(tmp_path) if entry["outcome"] == "done"]
    assert sorted(done) == sorted(told)
    assert_converges(base, tmp_path, commands)


def people(folder: Path, count: int) -> None:
    address = "{line1: 1 Main St, city: Oakland, state: CA, postal_code: '94111', country: US}"
    lines = [f"  p{n}: {{type: company, name: Acme, billing: {{address: {address}}}}}" for n in range(count)]
    text = "\n".join(["version: 1", "project: many", "cardholders:", *lines, ""])
    (folder / "many.yaml").write_text(text)


def test_what_waits_for_its_turn_is_not_sent_after_a_signal(base, tmp_path, commands):
    """One creation a second: many steps are under way, and all but one or two wait for the limit."""
    people(tmp_path, 40)
    words = ("apply", "many.yaml", "--auto-approve", "--max-rps", "1000")
    with start(base, tmp_path, *words, "--max-endpoint-rps", "1", "--format", "json") as process:
        until(process, "cardholders.")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)

    results = json.loads(out)["results"]
    live = [holder["id"] for holder in ask(f"{base}/v1/issuing/cardholders?limit=100")["data"]]
    entries = journal(tmp_path)
    assert process.returncode == 130
    assert len(live) < 10
    assert sorted(live) == sorted(entry["id"] for entry in entries if entry["outcome"] == "done")
    assert [r["reason"] for r in results if r["outcome"] != "done"] == ["interrupted"] * (40 - len(live))
    assert len(entries) == len(results) == 40
    finished = run(base, tmp_path, *words, "--max-endpoint-rps", "1000", commands=commands)
    assert f"Apply complete: {40 - len(live)} created, " in finished.stdout


def test_the_second_signal_ends_at_once_and_still_says_it_in_json(base, tmp_path, commands):
    slow_down(base, "POST /v1/issuing/cards", 4.0)
    with start(base, tmp_path, *APPLY, "--format", "json") as process:
        until(process, "cardholders.")
        process.send_signal(signal.SIGINT)
        until(process, "requests in flight")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)

    assert process.returncode == 130
    ended = json.loads(out)
    assert ended["interrupted"] is True
    left = {result["reason"] for result in ended["results"] if result["outcome"] != "done"}
    assert "interrupted before the result was known" in left
    assert_converges(base, tmp_path, commands)


def test_signals_while_a_report_is_written_leave_it_whole_and_alone(base, tmp_path):
    """It is larger than a pipe, so it is still being written when its reader sends the signals."""
    with start(base, tmp_path, *APPLY, "--format", "json") as process:
        begun = os.read(process.stdout.fileno(), 1).decode()
        process.send_signal(signal.SIGINT)
        until(process, "requests in flight")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)

    assert process.returncode == 130
    assert json.loads(begun + out)["complete"] is True


def test_sigterm_while_a_plan_is_written_leaves_it_whole(base, tmp_path):
    people(tmp_path, 400)
    with start(base, tmp_path, "plan", "many.yaml", "--format", "json") as process:
        begun = os.read(process.stdout.fileno(), 1).decode()
        process.terminate()
        out, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert err.endswith("Interrupted; nothing was changed.\n")
    assert len(json.loads(begun + out)["changes"]) == 400


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_reading_a_signal_ends_it_at_once(base, tmp_path, number):
    control(base, "faults", {"faults": [{"effect": "delay", "count": None, "seconds": 15.0}]})
    with start(base, tmp_path, "plan", str(EXAMPLE), "--format", "json", "-v") as process:
        wait_for_request(base, process)
        process.send_signal(number)
        out, err = process.communicate(timeout=10)

    assert process.returncode == 130
    assert json.loads(out)["error"] == "interrupted"
    assert "Traceback" not in err


def wait_for_request(base: str, process: subprocess.Popen) -> None:
    while ask(f"{base}/_sandbox/faults/hit", {})["hit"] == 0:
        assert process.poll() is None, process.stderr.read()


def test_a_killed_apply_leaves_no_lie_in_the_journal_and_is_finished(base, tmp_path, commands):
    with start(base, tmp_path, *APPLY) as process:
        until(process, "cards.")
        process.kill()
        process.communicate()

    live = {card["id"] for card in ask(f"{base}/v1/issuing/cards?limit=100")["data"]}
    told = {
        entry["id"] for entry in journal(tmp_path) if entry["outcome"] == "done" and entry["id"][:3] == "ic_"
    }
    assert process.returncode == -signal.SIGKILL
    assert told <= live
    assert_converges(base, tmp_path, commands)


def test_the_journal_does_not_glue_a_line_to_a_torn_one(base, tmp_path, commands):
    (tmp_path / ".provisioner").mkdir()
    (tmp_path / ".provisioner/journal.jsonl").write_text('{"torn": ')
    run(base, tmp_path, *APPLY, commands=commands)

    torn, *whole = (tmp_path / ".provisioner/journal.jsonl").read_text().splitlines()
    assert torn == '{"torn": '
    assert all(json.loads(line)["outcome"] == "done" for line in whole)


@pytest.mark.parametrize("words", [APPLY, (*APPLY, "--format", "json")])
def test_a_reader_that_leaves_does_not_stop_an_apply(base, tmp_path, words, commands):
    with start(base, tmp_path, *words, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline() if "json" not in words else None
        process.stdout.close()
        assert process.wait(timeout=60) == 0

    assert run(base, tmp_path, "plan", str(EXAMPLE), "--detailed-exitcode", commands=commands).returncode == 0


def test_nor_does_one_of_stdout_and_stderr_together(base, tmp_path):
    with start(base, tmp_path, *APPLY, stderr=subprocess.STDOUT) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == 0

    assert len(journal(tmp_path)) > 50


@pytest.mark.parametrize("closed", ["2>&-", "1>&-", "0<&- 1>&- 2>&-"])
def test_streams_that_the_caller_has_closed_are_as_good_as_none(base, tmp_path, closed):
    shell = f'exec "$@" {closed}'
    words = ("-m", "provisioner", "plan", str(EXAMPLE), "--detailed-exitcode", "--out", "plan.json")
    env = {**os.environ, "STRIPE_API_BASE": base, "STRIPE_API_KEY": "sk_test_canary99"}

    ended = subprocess.run(
        ["bash", "-c", shell, "-", sys.executable, *words], cwd=tmp_path, env=env, check=False, timeout=60
    )

    assert ended.returncode == 2
    assert json.loads((tmp_path / "plan.json").read_text())["changes"]


def test_a_full_disk_under_stdout_is_an_error(base, tmp_path):
    with Path("/dev/full").open("w") as full:
        planned = run(base, tmp_path, "plan", str(EXAMPLE), stdout=full)

    assert planned.returncode == 1
    assert "cannot write to standard output" in planned.stderr


def test_a_full_disk_under_the_journal_is_said_and_the_apply_goes_on(base, tmp_path):
    limit = f"ulimit -f 1; exec {sys.executable} -m provisioner {shlex.join(APPLY)}"
    env = environ(STRIPE_API_BASE=base, STRIPE_API_KEY="sk_test_a")
    applied = subprocess.run(
        ["bash", "-c", limit], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )

    assert applied.returncode == 0
    assert applied.stderr.count("the journal .provisioner/journal.jsonl cannot be written") == 1


def test_a_full_disk_under_a_saved_plan_is_an_error_and_leaves_nothing(base, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    limit = f"ulimit -f 1; exec {sys.executable} -m provisioner plan {EXAMPLE} --out {kept}/plan.json"
    env = {**os.environ, "STRIPE_API_BASE": base, "STRIPE_API_KEY": "sk_test_a"}
    ended = subprocess.run(
        ["bash", "-c", limit], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1, ended.stderr
    assert "cannot be written" in ended.stderr
    assert list(kept.iterdir()) == []


def test_a_full_disk_under_the_sandbox_is_an_error_in_words(tmp_path):
    limit = f"ulimit -f 64; exec {sys.executable} -m provisioner apply {EXAMPLE} --sandbox --auto-approve"
    ended = subprocess.run(
        ["bash", "-c", limit], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )

    assert ended.returncode in (1, 5)
    assert "Traceback" not in ended.stderr


def test_what_is_written_is_its_owners_alone(base, tmp_path, commands):
    run(base, tmp_path, "plan", str(EXAMPLE), "--out", "plan.json", commands=commands)
    run(base, tmp_path, *APPLY, commands=commands)

    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.rglob("*")}
    assert modes == {".provisioner": "0o700", "journal.jsonl": "0o600", "plan.json": "0o600"}


def test_a_network_that_dies_midway_ends_the_run_with_what_was_done(base, tmp_path, commands):
    control(
        base, "faults", {"faults": [{"effect": "drop_before", "match": "POST *", "skip": 12, "count": None}]}
    )
    with start(base, tmp_path, *APPLY, "--format", "json") as process:
        until(process, "FAILED")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    results = [result["outcome"] for result in json.loads(out)["results"]]

    assert process.returncode == 130
    assert results.count("done") == 12
    assert_converges(base, tmp_path, commands)


def test_an_unknown_option_is_an_error_and_no_change(base, tmp_path):
    ended = run(base, tmp_path, "plan", "--nothing", "--format", "json")

    assert ended.returncode == 1
    assert "No such option" in json.loads(ended.stdout)["error"]
    assert re.search("No such option", ended.stderr)
