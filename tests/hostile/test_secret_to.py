"""The signing secret of an endpoint goes where `secret_to` says, and nothing of it goes anywhere else."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
from e2e.conftest import KEY, Desk

ENDPOINT = """
webhook_endpoints:
  ledger:
    url: https://hooks.example.com/stripe
    enabled_events: [issuing_card.updated]
    secret_to: %s
"""
TELLS_IT = "tee taken; cat taken >&2; env > environ; exit 3"


def endpoint(place: str) -> str:
    return ENDPOINT % place


def command(script: str) -> str:
    return json.dumps({"command": ["sh", "-c", script]})


def pieces(secret: str) -> list[str]:
    """Nobody may find as much as half of it."""
    half = len(secret) // 2
    return [secret[:half], secret[half:]]


def test_nothing_of_a_secret_is_in_any_output_or_file(desk: Desk) -> None:
    desk.write(endpoint(command(TELLS_IT)))
    said = [desk.run("plan", "--out", "saved.json", "--cache", "cache.json").output]
    said += [desk.run("apply", "-v", "--auto-approve", code=5).output]
    said += [desk.run("plan", "--cache", "cache.json", "--format", "json").output]
    desk.write(endpoint(command("cat > taken")))
    said += [desk.run("plan", "-v", "--out", "saved.json").output, desk.run("show", "saved.json").output]
    said += [desk.run("apply", "saved.json", "-v", "--auto-approve", "--format", "json").output]
    said += [desk.run(*words, code=None).output for words in (["drift", "--cache", "cache.json"], ["export"])]

    secret = (desk.folder / "taken").read_text()
    assert secret.startswith("whsec_")
    files = [file for file in desk.folder.rglob("*") if file.is_file() and file.name != "taken"]
    assert {"saved.json", "cache.json", "journal.jsonl", "environ"} <= {file.name for file in files}
    texts = [*said, *(file.read_text(errors="replace") for file in files)]
    [endpoint_there] = desk.sdk.v1.webhook_endpoints.list().data
    texts.append(str(endpoint_there))  # its metadata, too
    assert [text for text in texts if any(piece in text for piece in pieces(secret))] == []


def test_a_command_that_repeats_the_secret_is_not_quoted(desk: Desk) -> None:
    desk.write(endpoint(command(TELLS_IT)))

    said = desk.run("apply", "--auto-approve", code=5).output

    assert "it exited with code 3 (its output is not shown)" in said
    assert "Run it again to hand it over" in said


def test_the_environment_of_a_command_has_no_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_ANOTHER_NAME", "rk_live_51Other")
    monkeypatch.setenv("VAULT_ADDR", "https://vault.example.com")
    desk.write(endpoint(command("cat > taken; env > environ")))

    desk.run("apply", "--auto-approve")

    environ = (desk.folder / "environ").read_text()
    assert KEY not in environ
    assert "rk_live" not in environ
    assert "STRIPE_" not in environ
    assert "VAULT_ADDR=https://vault.example.com" in environ
    assert "PROVISIONER_ADDRESS=webhook_endpoints.ledger" in environ


@pytest.mark.parametrize("words", [["validate"], ["plan"], ["drift"], ["plan", "--out", "saved.json"]])
def test_only_an_apply_runs_the_command(desk: Desk, words: list[str]) -> None:
    desk.write(endpoint(command("cat > taken; touch ran")))

    desk.run(*words, code=None)

    assert not (desk.folder / "ran").exists()


def test_a_plan_shows_the_command_that_it_will_run(desk: Desk) -> None:
    desk.write(endpoint(command("curl evil.example.com")))

    assert "secret_to.command = [sh, -c, curl evil.example.com]" in desk.run("plan").output


def test_another_command_than_the_approved_one_is_not_run(desk: Desk) -> None:
    desk.write(endpoint(command("cat > taken")))
    desk.run("plan", "--out", "saved.json")
    desk.write(endpoint(command("cat > elsewhere")))

    said = desk.run("apply", "saved.json", "--auto-approve", code=4).output

    assert "secret_to.command" in said
    assert not [*desk.sdk.v1.webhook_endpoints.list().data]


def test_a_program_that_does_not_exist_is_said_before_anything_is_created(desk: Desk) -> None:
    desk.write(endpoint("{command: [no-such-vault, put]}"))

    said = desk.run("apply", "--auto-approve", code=1).output

    assert "secret_to: there is no program 'no-such-vault'; nothing was changed" in said
    assert not [*desk.sdk.v1.webhook_endpoints.list().data]


def _repository(folder: Path, ignored: str = "") -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True, env=clean)
    (folder / ".gitignore").write_text(ignored)


@pytest.mark.parametrize("words", [["validate"], ["plan"], ["apply", "--auto-approve"]])
def test_a_file_that_git_could_commit_is_refused(desk: Desk, words: list[str]) -> None:
    _repository(desk.folder)
    desk.write(endpoint("{file: ledger.secret}"))

    said = desk.run(*words, code=1).output

    assert f"in the git work tree {desk.folder.resolve()} and is not ignored by git" in said
    assert "provisioner.yaml:8:23: webhook_endpoints.ledger: 'secret_to.file' is in" in said
    assert not (desk.folder / "ledger.secret").exists()
    assert not [*desk.sdk.v1.webhook_endpoints.list().data]


def test_a_file_that_git_could_commit_by_then_is_refused_by_the_apply(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What git cannot tell stops no plan, as the machine that plans need not have git."""
    _repository(desk.folder)
    desk.write(endpoint("{file: ledger.secret}"))
    monkeypatch.setenv("PATH", str(desk.folder))

    desk.run("plan")
    said = desk.run("apply", "--auto-approve", code=1).output

    assert "ledger.secret is in the git work tree" in said
    assert "may not be ignored: git cannot tell; nothing was changed" in said
    assert not [*desk.sdk.v1.webhook_endpoints.list().data]


def test_a_secret_without_a_place_stops_the_apply_before_anything_else_is_changed(desk: Desk) -> None:
    desk.write(endpoint("{command: [cat]}"))
    desk.run("apply", "--auto-approve")
    desk.write(endpoint("{file: nowhere/ledger.secret}").replace("ledger:", "renamed:"))

    said = desk.run("apply", "--auto-approve", code=1).output

    assert "webhook_endpoints.renamed: secret_to: " in said
    assert [each.status for each in desk.sdk.v1.webhook_endpoints.list().data] == ["enabled"]


def test_a_file_that_git_ignores_is_its_owners_alone(desk: Desk) -> None:
    _repository(desk.folder, "*.secret\n")
    desk.write(endpoint("{file: ledger.secret}"))

    desk.run("apply", "--auto-approve")

    file = desk.folder / "ledger.secret"
    assert file.read_text().startswith("whsec_")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_live_mode_needs_a_place_for_the_secret_and_an_encrypted_address(desk: Desk) -> None:
    head = "version: 1\nproject: desk\nmode: live\nwebhook_endpoints:\n  ledger:\n"
    desk.write(head + "    url: http://hooks.example.com\n    enabled_events: ['*']\n")

    said = desk.run("validate", code=1).output

    assert "webhook_endpoints.ledger: needs 'secret_to' in live mode: Stripe shows the secret" in said
    assert "yaml:6:10: webhook_endpoints.ledger: 'url' must begin with https:// in live mode" in said


def test_a_secret_goes_to_one_place(desk: Desk) -> None:
    desk.write(endpoint("{command: [cat], file: taken}"))

    assert "'secret_to' needs either 'command' or 'file'" in desk.run("validate", code=1).output


def test_an_event_that_stripe_does_not_have_is_an_error_with_a_near_miss(desk: Desk) -> None:
    desk.write(endpoint("{command: [cat]}").replace("issuing_card.updated", "issuing_card.update"))

    said = desk.run("validate", code=1).output

    assert "is not one of Stripe's 276 values; did you mean 'issuing_card.updated'?" in said


def test_without_a_place_an_endpoint_is_created_in_test_mode(desk: Desk) -> None:
    desk.write(endpoint("{command: [cat]}").replace("    secret_to: {command: [cat]}\n", ""))

    desk.run("apply", "--auto-approve")

    assert "No changes" in desk.run("plan").output


def test_a_secret_of_the_sandbox_never_takes_the_place_of_a_live_one(desk: Desk) -> None:
    head = "version: 1\nproject: desk\nmode: live\n"
    desk.write(head + endpoint(command("cat > taken")))

    said = desk.run("apply", "--sandbox", "--auto-approve").output
    desk.run("chaos", ".", "--runs", "3", code=None)

    assert "secret_to is not used" in said
    assert not (desk.folder / "taken").exists()


def test_chaos_runs_no_command(desk: Desk) -> None:
    desk.write(endpoint(command("cat > taken")))

    desk.run("chaos", ".", "--runs", "3")

    assert not (desk.folder / "taken").exists()
