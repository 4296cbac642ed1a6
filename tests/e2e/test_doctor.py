"""`doctor`: one line each, and exit 7 where the key, the account or the mode is wrong."""

import json

import pytest

from e2e.conftest import COMPANY, KEY, Desk

RESTRICTED = "rk_test_canary51Restricted"


@pytest.fixture
def sound(desk: Desk) -> Desk:
    desk.write(COMPANY)
    return desk


def restrict(desk: Desk, **permissions: str) -> None:
    desk.control("keys", json.dumps({"key": RESTRICTED, "permissions": permissions}).encode())


def test_all_is_well(sound):
    lines = sound.run("doctor").output.splitlines()

    assert all(line.startswith(("ok ", "      ")) for line in lines), lines
    assert any("in US; top-ups are supported" in line for line in lines)
    assert any(line.split()[1:] == ["Issuing", "active"] for line in lines)
    assert KEY not in "".join(lines)


def test_each_permission_of_a_restricted_key_is_told(sound, monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", RESTRICTED)
    restrict(
        sound,
        account="read",
        issuing_cardholder="write",
        issuing_card="read",
        topup="none",
        balance="read",
        event="none",
    )
    before = sound.live("cardholders")

    said = sound.run("doctor", code=None).output

    assert sound.live("cardholders") == before
    assert "restricted key for test mode" in said
    assert "can write cardholders" in said
    assert "cannot write cards" in said
    assert "cannot read top-ups" in said
    assert "cannot read authorizations (used by `backtest`, `serve` and `report`)" in said
    assert RESTRICTED not in said


def test_a_lacking_permission_ends_with_7(sound, monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", RESTRICTED)
    restrict(sound, account="read")

    assert "FAIL  cards" in sound.run("doctor", code=7).output


def test_a_key_need_not_read_money_that_the_configuration_does_not_name(sound, monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", RESTRICTED)
    restrict(sound, account="read", issuing_cardholder="read", issuing_card="read")

    said = sound.run("doctor").output

    assert "warn  balance" in said
    assert "warn  topups" in said


@pytest.mark.parametrize("key", ["", "sk_live_51Wrong", "pk_test_51Public"])
def test_a_wrong_key_ends_with_7(sound, monkeypatch, key):
    monkeypatch.setenv("STRIPE_API_KEY", key)

    said = sound.run("doctor", code=7).output

    assert "FAIL  key" in said
    assert not key or key not in said


def test_another_account_ends_with_7(desk):
    desk.write("version: 1\nproject: desk\naccount: acct_1Other\n" + COMPANY)

    assert "but the configuration is for acct_1Other" in desk.run("doctor", code=7).output


def test_nobody_answers(sound, monkeypatch):
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")

    said = sound.run("doctor", code=1).output

    assert "FAIL  network        cannot connect to Stripe at http://127.0.0.1:9: connection refused" in said
    assert "-> Check that a server listens on this port and that no firewall blocks it.\n" in said


def test_without_a_configuration_the_key_is_still_looked_at(desk):
    said = desk.run("doctor", code=1).output

    assert "FAIL  configuration" in said
    assert "can read cards" in said


def test_as_json(sound):
    document = json.loads(sound.run("doctor", "--format", "json").output)

    assert document["healthy"] is True
    assert {check["name"] for check in document["checks"]} >= {"key", "network", "account", "cards", "clock"}


@pytest.mark.parametrize(
    ("key", "said", "advice"),
    [
        ("", "STRIPE_API_KEY is not set", "create a key at dashboard.stripe.com/apikeys, or add --sandbox"),
        (
            "sk_live_1",
            "STRIPE_API_KEY is a live key, but the configuration says mode: test",
            "use a test key",
        ),
        ("pk_test_1", "STRIPE_API_KEY is not a secret or restricted key", "copy one from"),
    ],
)
def test_the_advice_is_about_what_is_wrong_with_the_key(desk: Desk, monkeypatch, key, said, advice):
    desk.write(COMPANY)
    monkeypatch.setenv("STRIPE_API_KEY", key)

    *_, line, hint = desk.run("doctor", code=7).stdout.splitlines()

    assert said in line
    assert hint.strip().startswith(f"-> {advice}")


def test_the_advice_names_the_configuration_that_was_checked(desk: Desk):
    desk.write("version: 1\nprojekt: x\n", "our cards/provisioner.yaml")

    said = desk.run("doctor", "our cards", "--sandbox", code=1).stdout

    assert "-> `provisioner validate 'our cards'` shows all problems" in said


def test_the_sandbox_has_no_account_to_pin(desk: Desk):
    desk.write(COMPANY)

    assert "rejects keys of other accounts" in desk.run("doctor").stdout
    assert "rejects keys of other accounts" not in desk.run("doctor", "--sandbox").stdout
