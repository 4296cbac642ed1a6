"""A plan in a file: what it gives away, what it can be made to do, and for how long."""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from e2e.conftest import BARE_CARD, CARD, COMPANY, KEY, Desk

from provisioner.cli import saved_plan
from provisioner.core.approval.integrity import digest_of
from provisioner.core.ownership.seal import Seal

SECRET = CARD.replace('"2,000.00 USD"', '"${env.LIMIT}"')
OTHER_KEY = "rk_test_canary52Key"
SYNC = "No changes. Stripe matches the configuration.\n"


def limited(amount: str) -> str:
    return COMPANY + CARD.replace("2,000.00", amount)


def planned(desk: Desk, *words: str) -> dict[str, Any]:
    desk.run("plan", *words, "--out", "plan.json")
    document: dict[str, Any] = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    return document


def refused(desk: Desk, *words: str) -> str:
    """What an apply of the plan says that must not do anything."""
    before = desk.live(), desk.live("cardholders")
    said = desk.run("apply", "plan.json", *words, code=4).stderr
    assert (desk.live(), desk.live("cardholders")) == before
    return said


def limit(desk: Desk) -> int:
    amount: int = desk.live()["cards.ads"]["spending_controls"]["spending_limits"][0]["amount"]
    return amount


@pytest.fixture
def lowered(desk: Desk) -> Desk:
    """A card of 2,000 dollars, and the saved plan that makes 3,000 of them."""
    desk.write(limited("2,000.00"))
    desk.run("apply", "--auto-approve")
    desk.write(limited("3,000.00"))
    planned(desk)
    return desk


# --- hidden values


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(each)


def told(live: dict[str, Any]) -> str:
    text: str = live["metadata"]["provisioner_lifecycle"]
    return text


@pytest.mark.parametrize("before", [None, "900.00 USD"], ids=["new", "changed"])
def test_a_plan_with_another_hidden_value_differs_in_keyed_digests_of_128_bits_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    desk.write(COMPANY + SECRET)
    if before:
        monkeypatch.setenv("LIMIT", before)
        desk.run("apply", "--auto-approve")
    moment = saved_plan.now()
    monkeypatch.setattr(saved_plan, "now", lambda: moment)
    plans = []
    for amount in ("1,000.00 USD", "1,001.00 USD"):
        monkeypatch.setenv("LIMIT", amount)
        plans.append(planned(desk))

    one, other = (list(strings(plan)) for plan in plans)
    differing = {pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]}

    assert differing
    assert all(len(text.removeprefix("sha256:")) >= 32 for pair in differing for text in pair)


def test_the_digests_are_made_of_a_secret_that_no_plan_holds(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the plan, the code and the account's id tries each amount: none makes its digests."""
    desk.write(COMPANY)
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY + SECRET)
    monkeypatch.setenv("LIMIT", "1,000.00 USD")
    plan = planned(desk)
    [salt] = re.findall(r"salt=(\S+)", told(desk.live("cardholders")["cardholders.acme"]))

    assert plan["keyed_with"] == "project"
    assert salt not in Path("plan.json").read_text(encoding="utf-8")
    assert Seal("project", ["desk", salt]).whole(plan["digest"]) == plan["seal"], "that is what it takes"
    for guess in ("", plan["account"], plan["project"], hashlib.sha256(b"").hexdigest()):
        for source in ("project", "account", "key"):
            for material in (guess, [guess], ["desk", guess]):
                assert Seal(source, material).whole(plan["digest"]) != plan["seal"]


def test_no_hidden_value_has_a_digest_of_its_own(desk: Desk) -> None:
    desk.write(COMPANY)
    plan = planned(desk)

    [change] = plan["changes"]
    hidden = {edit["digest"] for edit in change["edits"] if edit["sensitive"]}
    assert hidden == {change["fingerprint"]}


@pytest.mark.parametrize("amount", ["200.01 USD", "990,001.10 USD", "1.00 USD"])
def test_another_hidden_limit_than_was_approved_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, amount: str
) -> None:
    desk.write(COMPANY + SECRET)
    monkeypatch.setenv("LIMIT", "200.00 USD")
    planned(desk)
    monkeypatch.setenv("LIMIT", amount)

    assert "cards.ads: spending_controls.spending_limits changed since" in refused(desk)


# --- keys


@pytest.mark.parametrize("empty", [True, False], ids=["a new account", "a project with objects"])
def test_a_plan_made_with_one_key_is_applied_with_another_of_the_account(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, empty: bool
) -> None:
    if not empty:
        desk.write(COMPANY)
        desk.run("apply", "--auto-approve")
    desk.write(COMPANY + SECRET)
    monkeypatch.setenv("LIMIT", "200.00 USD")
    monkeypatch.setenv("STRIPE_API_KEY", OTHER_KEY)
    assert planned(desk)["keyed_with"] == ("account" if empty else "project")
    monkeypatch.setenv("STRIPE_API_KEY", KEY)

    desk.run("apply", "plan.json")

    assert limit(desk) == 20_000
    assert desk.run("apply", "plan.json").stdout.endswith(SYNC)


READS = {"issuing_cardholder": "read", "issuing_card": "read", "connected_account": "read"}


@pytest.fixture
def blind(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A project with a holder, and a key that reads Issuing and not its account."""
    desk.write(COMPANY)
    desk.run("apply", "--auto-approve")
    desk.write(limited("200.00"))
    desk.control("keys", json.dumps({"key": OTHER_KEY, "permissions": READS}).encode())
    monkeypatch.setenv("STRIPE_API_KEY", OTHER_KEY)
    return desk


def test_a_key_that_may_not_read_its_account_makes_plans_for_itself(
    blind: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(blind)
    assert (plan["account"], plan["keyed_with"]) == ("", "key")
    monkeypatch.setenv("STRIPE_API_KEY", KEY)

    assert "or was made with another key (if a key cannot read its account, only" in refused(blind)


def test_a_named_account_is_the_one_that_such_a_plan_is_for(
    blind: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = blind.sdk.v1.accounts.retrieve_current().id
    monkeypatch.setenv("STRIPE_ACCOUNT", own)
    plan = planned(blind)
    assert (plan["account"], plan["keyed_with"]) == (own, "project")
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    monkeypatch.delenv("STRIPE_ACCOUNT")

    blind.run("apply", "plan.json")

    assert limit(blind) == 20_000


# --- the state that it was made in


def test_a_plan_that_was_done_and_undone_by_an_apply_is_not_done_again(lowered: Desk) -> None:
    lowered.run("apply", "plan.json")
    approved = Path("plan.json").read_text(encoding="utf-8")
    lowered.write(limited("2,000.00"))
    lowered.run("apply", "--auto-approve")
    lowered.write(limited("3,000.00"))

    said = refused(lowered)

    assert "cards.ads: another apply changed ic_" in said
    assert limit(lowered) == 200_000
    assert Path("plan.json").read_text(encoding="utf-8") == approved


def test_a_plan_that_was_done_and_undone_by_hand_is_not_done_again(lowered: Desk) -> None:
    lowered.run("apply", "plan.json")
    card = lowered.live()["cards.ads"]
    limits = {"spending_limits": [{"amount": 200_000, "interval": "monthly"}]}
    lowered.sdk.v1.issuing.cards.update(card["id"], {"spending_controls": limits})

    assert "cards.ads: another apply changed ic_" in refused(lowered)


def test_a_card_that_was_frozen_since_is_not_given_more(lowered: Desk) -> None:
    text = BARE_CARD.replace("    status: active\n", "") + CARD[len(BARE_CARD) :]
    lowered.write(COMPANY + text)
    lowered.run("apply", "--auto-approve")
    lowered.write(COMPANY + text.replace("2,000.00", "4,000.00"))
    planned(lowered)
    card = lowered.live()["cards.ads"]["id"]
    was = lowered.live()["cards.ads"]["status"]
    lowered.sdk.v1.issuing.cards.update(card, {"status": "inactive" if was == "active" else "active"})

    assert "cards.ads: " in refused(lowered)


def test_a_second_apply_at_once_is_nothing_to_do(lowered: Desk) -> None:
    lowered.run("apply", "plan.json")

    assert lowered.run("apply", "plan.json").stdout.endswith(SYNC)
    assert lowered.run("plan", "--detailed-exitcode").stdout.endswith(SYNC)


def test_a_replacement_that_was_finished_and_then_frozen_is_not_activated_again(desk: Desk) -> None:
    desk.write(limited("2,000.00"))
    desk.run("apply", "--auto-approve")
    desk.write(limited("2,000.00") + "    second_line: Ads\n")
    planned(desk)
    desk.run("apply", "plan.json")
    desk.sdk.v1.issuing.cards.update(desk.live()["cards.ads"]["id"], {"status": "inactive"})

    assert "cards.ads: update is not in the approved plan: replace was approved" in refused(desk)
    assert desk.live()["cards.ads"]["status"] == "inactive"


SHIPPED = """\
    shipping:
      name: Acme Inc
      address: {line1: 510 Canary Street, city: San Francisco, state: CA, postal_code: "94103", country: US}
"""


def test_a_card_that_a_plan_created_and_somebody_has_deactivated_stays_so(desk: Desk) -> None:
    desk.write(COMPANY + BARE_CARD.replace("virtual", "physical") + SHIPPED)
    planned(desk)
    desk.run("apply", "plan.json")
    card = desk.live()["cards.ads"]
    assert card["status"] == "active"
    desk.sdk.v1.issuing.cards.update(card["id"], {"status": "inactive"})

    assert "cards.ads: update is not in the approved plan: create was approved" in refused(desk)
    assert desk.live()["cards.ads"]["status"] == "inactive"


# --- for how long


def later(monkeypatch: pytest.MonkeyPatch, **time: float) -> None:
    then = saved_plan.now() + timedelta(**time)
    monkeypatch.setattr(saved_plan, "now", lambda: then)


@pytest.mark.parametrize(
    ("words", "time", "good"),
    [
        ((), {"days": 6.9}, True),
        ((), {"days": 7}, False),
        ((), {"days": 40}, False),
        (("--expires", "2h"), {"hours": 1.9}, True),
        (("--expires", "2h"), {"hours": 2.1}, False),
        ((), {"days": -1}, False),
    ],
)
def test_a_plan_is_good_for_a_time(
    lowered: Desk, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], time: dict[str, float], good: bool
) -> None:
    planned(lowered, *words)
    later(monkeypatch, **time)

    if good:
        lowered.run("apply", "plan.json")
    else:
        assert "the saved plan was made at " in refused(lowered)


@pytest.mark.parametrize("time", ["8d", "0s", "1w", "never", "999999999d", "-1d"])
def test_no_plan_is_good_for_longer(lowered: Desk, time: str) -> None:
    assert (
        "is not a duration up to 7d"
        in lowered.run("plan", "--out", "plan.json", "--expires", time, code=1).stderr
    )


# --- for which environment and account


@pytest.fixture
def of_dev(desk: Desk) -> Desk:
    desk.write(COMPANY)
    desk.write("cardholders: {acme: {name: Acme Dev}}\n", "environments/dev.yaml", project="desk")
    desk.write("cardholders: {acme: {name: Acme Prod}}\n", "environments/prod.yaml", project="desk")
    assert planned(desk, "--env", "dev")["environment"] == "dev"
    return desk


@pytest.mark.parametrize("demanded", ["prod", ""])
def test_a_plan_for_another_environment_than_is_demanded_is_refused(of_dev: Desk, demanded: str) -> None:
    assert "plan.json was made for environment dev, not for " in refused(of_dev, f"--env={demanded}")


@pytest.mark.parametrize("words", [(), ("--env", "dev")])
def test_a_plan_for_the_environment_that_is_demanded_is_done(of_dev: Desk, words: tuple[str, ...]) -> None:
    of_dev.run("apply", "plan.json", *words)

    assert of_dev.live("cardholders")["cardholders.acme"]["name"] == "Acme Dev"


def test_a_plan_is_refused_on_another_account(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    issuing = {"card_issuing": {"requested": True}}
    other = desk.sdk.v1.accounts.create({"country": "US", "capabilities": issuing})
    desk.write(COMPANY)
    here = planned(desk)["account"]
    monkeypatch.setenv("STRIPE_ACCOUNT", other.id)

    said = refused(desk)

    assert f"account {here}; this is desk, test mode, account {other.id}" in said


# --- edited


def at(document: Any, place: tuple[Any, ...]) -> Any:
    for name in place:
        document = document[name]
    return document


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, below in inside:
        if isinstance(below, (str, int, type(None))):
            yield (*place, name)
        yield from places(below, (*place, name))


def forged(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value or ''}x"


def test_whatever_is_edited_is_noticed_and_nothing_is_shown(lowered: Desk) -> None:
    document = planned(lowered)
    for place in places(document):
        edited = json.loads(json.dumps(document))
        at(edited, place[:-1])[place[-1]] = forged(at(document, place))
        Path("plan.json").write_text(json.dumps(edited), encoding="utf-8")
        for words in (["show"], ["show", "--format=markdown"], ["apply"]):
            said = lowered.run(words[0], "plan.json", *words[1:], code=None)
            if place == ("seal",) and words[0] == "show":
                assert said.exit_code == 0, "it takes a key to see that"
                continue
            assert said.exit_code in (1, 4), (place, said.output)
            assert said.stdout == ""
    assert limit(lowered) == 200_000


def test_a_new_digest_does_not_help_whoever_edits(lowered: Desk) -> None:
    """A reviewer would be shown 2,000 dollars to 100; apply would do what its fingerprints say."""
    document = planned(lowered)
    [edit] = document["changes"][0]["edits"]
    edit |= {"after": 10_000, "direction": "tightening"}
    document["digest"] = digest_of(document)
    Path("plan.json").write_text(json.dumps(document), encoding="utf-8")

    assert "$100.00" in lowered.run("show", "plan.json").stdout
    assert "the saved plan has been edited since it was made" in refused(lowered)


@pytest.mark.parametrize("forge", ["summary", "money", "final"])
def test_sums_that_are_not_those_of_the_changes_are_not_even_shown(lowered: Desk, forge: str) -> None:
    lowered.write(limited("3,000.00") + 'balance_targets: {usd: {target: "300.00 USD"}}\n')
    document = planned(lowered)
    if forge == "summary":
        document["summary"]["top_up"] = 0
    elif forge == "money":
        document["blast_radius"]["money"] = []
    else:
        document["blast_radius"]["final"] = 1
    document["digest"] = digest_of(document)
    Path("plan.json").write_text(json.dumps(document), encoding="utf-8")

    assert lowered.run("show", "plan.json", code=4).stdout == ""


# --- older ones


def test_a_plan_of_format_1_0_is_shown_and_not_applied(lowered: Desk) -> None:
    document = planned(lowered)
    for name in ("environment", "keyed_with", "created", "expires", "digest", "seal"):
        del document[name]
    for change in document["changes"]:
        change.pop("revision", None)
        change.pop("rest", None)
    Path("plan.json").write_text(json.dumps(document | {"format_version": "1.0"}), encoding="utf-8")

    assert "$3,000.00" in lowered.run("show", "plan.json").stdout
    said = refused(lowered)
    assert "is a saved plan of format 1.0, which can be shown but not applied: it does not record" in said
    assert said.endswith("plan again with this version\n")


# --- what our marks do


def test_revision_and_salt_are_never_a_reason_for_a_change(desk: Desk) -> None:
    desk.write(limited("2,000.00"))
    desk.run("apply", "--auto-approve")
    seen = []
    for amount in ("3,000.00", "2,000.00", "3,000.00"):
        seen.append(told(desk.live()["cards.ads"]))
        desk.write(limited(amount))
        desk.run("apply", "--auto-approve")
        assert desk.run("plan", "--detailed-exitcode").stdout.endswith(SYNC)

    assert [re.findall(r"revision=(\d+)", text) for text in seen] == [["1"], ["2"], ["3"]]
    assert len({text.rpartition("salt=")[2] for text in seen}) == 1
    card, holder = desk.live()["cards.ads"], desk.live("cardholders")["cardholders.acme"]
    for each, resource in ((card, "cards"), (holder, "cardholders")):
        forgotten = {"metadata": {"provisioner_lifecycle": ""}}
        getattr(desk.sdk.v1.issuing, resource).update(each["id"], forgotten)

    assert desk.run("plan", "--detailed-exitcode").stdout.endswith(SYNC)
    desk.run("drift")


# --- money


def test_a_top_up_from_elsewhere_than_was_approved_is_refused(desk: Desk) -> None:
    desk.write('balance_targets: {usd: {target: "300.00 USD", description: Float}}\n')
    planned(desk)
    desk.write('balance_targets: {usd: {target: "300.00 USD", description: Other}}\n')

    assert "balance_targets.usd: its configuration changed since the plan was approved" in refused(desk)
    assert desk.sdk.v1.topups.list().data == []
