"""The sandbox's own control path."""

import json
import urllib.error

import click.testing
import pytest

from provisioner.cli.main import main
from provisioner.sandbox.settings import Settings

TOPUP = {"amount": 2000, "currency": "usd", "destination_balance": "issuing"}


def test_reset_forgets_everything_and_makes_another_account(api) -> None:
    before = api.read("/v1/account")["id"]
    api.fund(100)
    api.control("switches", {"default_limit_shown": False})
    api.control("reset")
    assert api.read("/v1/account")["id"] != before
    assert (api.issuing(), api.read("/v1/topups")["data"], api.events()) == (0, [], [])
    assert api.control("switches")["default_limit_shown"] is True


def test_the_clock_can_be_read_and_moves_forward_only(api) -> None:
    first = api.control("clock")["now"]
    assert api.control("clock", {"advance": 3600})["now"] >= first + 3600
    created = api.ok("/v1/topups", TOPUP)["created"]
    assert created >= int(first) + 3600
    for nonsense in ({"advance": -1}, {"advance": "a day"}):
        with pytest.raises(urllib.error.HTTPError) as refused:
            api.control("clock", nonsense)
        refused.value.close()


def test_what_falls_due_while_the_clock_moves_happens_at_its_moment(api) -> None:
    topup = api.ok("/v1/topups", TOPUP)
    api.advance(86_400)
    assert api.events("topup.succeeded")[0]["created"] - topup["created"] in {5, 6}


def test_how_long_top_ups_take_can_be_changed(api) -> None:
    api.control("topup_settle", {"seconds": 3600})
    topup = api.ok("/v1/topups", TOPUP)
    api.advance(3500)
    assert api.issuing() == 0
    api.control("act", {"act": "settle_topup", "id": topup["id"]})
    assert api.issuing() == 2000
    api.advance(3600)
    assert api.issuing() == 2000
    api.control("topup_settle", {"seconds": 0})
    api.ok("/v1/topups", TOPUP)
    assert api.issuing() == 4000


@pytest.mark.parametrize(
    ("what", "asked", "said"),
    [
        ("switches", {"gravity": True}, "gravity"),
        ("keys", {"key": "sk_test_x", "permissions": {}}, "only rk_test_ keys can be restricted"),
        (
            "keys",
            {"key": "rk_test_x", "permissions": {"topup": "some"}},
            "some is not one of none, read",
        ),
        ("keys", {"key": "rk_test_x"}, "'permissions' is missing"),
        ("act", {"act": "rob_a_bank", "id": "x"}, "rob_a_bank"),
        (
            "act",
            {"act": "block_cardholder", "id": "ich_unknown"},
            "No such issuing cardholder",
        ),
        (
            "act",
            {"act": "decide_next_authorization", "id": "ic_1", "value": "moon"},
            "must be one of account",
        ),
        ("accounts", {"ids": ["acct_1"], "country": "BR"}, "Stripe Issuing is not available in BR"),
        ("faults", {"faults": [{"effect": "delay", "how": "slowly"}]}, "how"),
    ],
)
def test_what_makes_no_sense_is_refused(api, what, asked, said) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        api.control(what, asked)
    with refused.value:
        told = json.loads(refused.value.read())["error"]
        assert refused.value.code == 400
    assert said in told
    assert "Error" not in told


def test_a_control_that_is_no_json_is_refused(api) -> None:
    reply = api.send("POST", "/_sandbox/clock", "advance=5")
    assert (reply.status, reply.body) == (400, {"error": "the body is not JSON"})


def test_acts_reach_connected_accounts(api) -> None:
    connected = api.connected()
    there = api.with_headers(Stripe_Account=connected)
    holder = there.cardholder()["id"]
    api.control("act", {"act": "block_cardholder", "id": holder, "account": connected})
    assert there.read(f"/v1/issuing/cardholders/{holder}")["status"] == "blocked"


def test_a_country_must_be_one() -> None:
    with pytest.raises(ValueError, match="Utopia"):
        Settings(country="Utopia")
    with pytest.raises(ValueError, match="Stripe Issuing is not available in BR"):
        Settings(country="BR")


def test_the_command_says_which_countries_there_are() -> None:
    """Said as a mistake in what was typed, and before anything is served."""
    told = click.testing.CliRunner().invoke(main, ["sandbox", "serve", "--country", "BR"])
    assert told.exit_code != 0
    assert "Error: Stripe Issuing is not available in BR; choose one of AT, BE" in told.output


def test_a_clock_that_is_stopped_goes_on_only_by_being_moved(api) -> None:
    assert api.control("clock", {"stop": 1_900_000_000})["now"] == 1_900_000_000
    assert api.control("clock", {"advance": 90})["now"] == 1_900_000_090
    assert api.ok("/v1/topups", {"amount": 2000, "currency": "usd"})["created"] == 1_900_000_090
