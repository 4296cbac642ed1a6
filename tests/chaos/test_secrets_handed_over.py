"""
The secret of a webhook endpoint arrives where it is to go, wherever a run is cut off.

Stripe shows it once, in its answer to the creation; asked again under the same key within a day, it answers
the same.
"""

import json
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from provisioner.app.account import Account
from provisioner.app.apply import carry_out
from provisioner.chaos.killable_client import KEY, LIMITLESS, KillableClient, Killed
from provisioner.chaos.run import DISTURBANCES, LASTING, Cell, disturb, rehearse
from provisioner.chaos.sandbox_fixture import SandboxFixture, arena
from provisioner.chaos.scene import Scene
from provisioner.config.load import load_config
from provisioner.core.diff.change import Action
from provisioner.core.model.config import Config
from provisioner.core.plan.call import Call
from provisioner.core.plan.plan import Plan
from provisioner.engine.apply.execute import Report
from provisioner.kinds import KINDS
from provisioner.stripe_api.client import Transport

DAY = 86_400
URL = "https://hooks.example.com/stripe"
EVENTS = ["issuing_authorization.created", "issuing_card.updated"]
TAKES = 'cat > taken; printf \'%s %s\\n\' "$PROVISIONER_ADDRESS" "$PROVISIONER_ID" >> calls'
FAILS = "cat > /dev/null; echo permission denied >&2; exit 3"


@pytest.fixture(scope="module")
def place() -> Iterator[SandboxFixture]:
    with arena() as place:
        yield place


class Receiver:
    """A configuration of one endpoint, and the folder in which its secret arrives."""

    def __init__(self, place: SandboxFixture, folder: Path) -> None:
        self.place, self.folder = place, folder
        place.calm()
        place.reset()

    def config(self, script: str = TAKES, **more: object) -> Config:
        command = {"command": ["sh", "-c", script]}
        endpoint = {"url": URL, "enabled_events": EVENTS, "secret_to": command, **more}
        file = self.folder / "provisioner.yaml"
        document = {"version": 1, "project": "hooks", "webhook_endpoints": {"ledger": endpoint}}
        file.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper), encoding="utf-8")
        return load_config(file, KINDS)

    def account(self, config: Config, client: KillableClient | None = None) -> Account:
        client = client or KillableClient(self.place.base)
        # a wait within a test is none
        transport = Transport(
            KEY, limits=LIMITLESS, api_base=self.place.base, http=client, sleep=lambda _seconds: None
        )
        return Account(config, transport)

    def plan(self, config: Config) -> Plan:
        account = self.account(config)
        return account.plan(account.compare())

    def apply(self, config: Config, client: KillableClient | None = None) -> Report:
        account = self.account(config, client)
        return carry_out(account, account.plan(account.compare()), workers=1)

    def endpoints(self) -> list[dict[str, object]]:
        return [dict(each) for each in self.place.writer().list("webhook_endpoints")]

    @property
    def taken(self) -> str:
        taken = self.folder / "taken"
        return taken.read_text(encoding="utf-8") if taken.exists() else ""

    def secret(self, identity: object) -> str:
        """The secret as Stripe has it."""
        with closing(sqlite3.connect(self.place.state)) as db:
            rows = db.execute("SELECT private FROM objects WHERE id=?", (identity,)).fetchall()
        return str(json.loads(rows[0][0])["_secret"])

    def arrived(self) -> bool:
        [endpoint] = self.endpoints()
        return self.taken == self.secret(endpoint["id"]) != ""


@pytest.fixture
def receiver(place: SandboxFixture, tmp_path: Path) -> Receiver:
    return Receiver(place, tmp_path)


def test_a_secret_arrives_exactly_as_stripe_has_it(receiver: Receiver) -> None:
    config = receiver.config()

    assert receiver.apply(config).complete

    [endpoint] = receiver.endpoints()
    assert receiver.arrived()
    assert (receiver.folder / "calls").read_text() == f"webhook_endpoints.ledger {endpoint['id']}\n"
    assert receiver.plan(config).changes == ()


@pytest.mark.parametrize("heard", [False, True], ids=["before", "after"])
def test_killed_at_any_request_it_arrives_with_the_next_run(receiver: Receiver, heard: bool) -> None:
    config = receiver.config()
    requests = KillableClient(receiver.place.base)
    receiver.apply(config, requests)
    for number in range(len(requests.asked)):
        receiver.place.reset()
        (receiver.folder / "taken").unlink(missing_ok=True)
        with pytest.raises(Killed):
            receiver.apply(config, KillableClient(receiver.place.base, number, heard=heard))

        report = receiver.apply(config)

        assert report.complete, (number, [result.reason for result in report.results])
        assert receiver.arrived(), number
        assert receiver.plan(config).changes == (), number


@pytest.mark.parametrize(
    "disturbance", [name for name in DISTURBANCES if "500_after" not in (name, LASTING.get(name))]
)
def test_disturbed_it_arrives_with_the_next_run(receiver: Receiver, disturbance: str) -> None:
    config = receiver.config()
    empty = load_config(_written(receiver.folder / "none.yaml"), KINDS)
    course = rehearse(receiver.place, Scene(empty, config))
    for number in range(len(course.asked)):
        (receiver.folder / "taken").unlink(missing_ok=True)
        verdict = disturb(receiver.place, course, Cell(disturbance, number))

        assert verdict.wrong == (), str(verdict.cell)
        assert receiver.arrived(), str(verdict.cell)


def _written(file: Path) -> Path:
    """A configuration that has no endpoint: a holder alone."""
    address = {"line1": "1 Main St", "city": "Oakland", "state": "CA", "postal_code": "94111"}
    holder = {"type": "company", "name": "Acme Inc", "billing": {"address": {**address, "country": "US"}}}
    holders = {"acme": {**holder, "lifecycle": {"on_remove": "keep"}}}
    document = {"version": 1, "project": "hooks", "cardholders": holders}
    file.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper), encoding="utf-8")
    return file


def test_several_applies_at_once_make_one_endpoint_and_its_secret_arrives(receiver: Receiver) -> None:
    config = receiver.config()
    planned = [(account := receiver.account(config), account.plan(account.compare())) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        reports = [*pool.map(lambda each: carry_out(*each), planned)]

    assert receiver.arrived()
    assert any(report.complete for report in reports)
    assert receiver.apply(config).complete
    assert receiver.plan(config).changes == ()
    assert receiver.arrived()


def test_an_endpoint_whose_answer_stripe_lost_is_replaced(receiver: Receiver) -> None:
    """A 500 that Stripe stores for the key, after it has created the endpoint: its secret is lost."""
    config = receiver.config()
    receiver.place.fail([{"effect": "500_after", "match": "POST /v1/webhook_endpoints"}])

    [result] = receiver.apply(config).results
    receiver.place.calm()

    assert "Stripe no longer repeats its secret" in result.reason
    [change] = receiver.plan(config).changes
    assert change.action is Action.REPLACE
    assert receiver.apply(config).complete
    assert receiver.arrived()


def test_a_command_that_fails_is_said_and_gets_the_same_secret_next_time(receiver: Receiver) -> None:
    [result] = receiver.apply(receiver.config(FAILS)).results

    assert (
        "the command 'sh' did not take its secret: it exited with code 3: permission denied" in result.reason
    )
    [before] = receiver.endpoints()
    [change] = receiver.plan(receiver.config()).changes
    assert (change.action, change.reason) == (Action.UPDATE, "its secret has not been handed over yet")
    assert receiver.apply(receiver.config()).complete
    [after] = receiver.endpoints()
    assert before["id"] == after["id"]
    assert receiver.arrived()


def test_after_a_day_the_endpoint_is_replaced_with_one_that_overlaps_it(receiver: Receiver) -> None:
    receiver.apply(receiver.config(FAILS))
    [old] = receiver.endpoints()
    receiver.place.advance(DAY)
    config = receiver.config()

    [change] = receiver.plan(config).changes
    client = KillableClient(receiver.place.base)
    report = receiver.apply(config, client)

    assert change.action is Action.REPLACE
    assert change.reason == "its secret was never handed over, and Stripe no longer repeats it"
    assert report.complete
    assert receiver.arrived()
    [new] = receiver.endpoints()
    assert new["id"] != old["id"]
    writes = [asked for asked in client.asked if not asked.startswith("GET")]
    assert writes == [
        "POST /v1/webhook_endpoints",
        f"POST /v1/webhook_endpoints/{new['id']}",  # handed over
        f"DELETE /v1/webhook_endpoints/{old['id']}",
    ]
    assert receiver.plan(config).changes == ()


def test_an_old_endpoint_stays_until_the_secret_of_its_successor_has_arrived(receiver: Receiver) -> None:
    receiver.apply(receiver.config())
    [old] = receiver.endpoints()
    config = receiver.config(FAILS, api_version="2026-10-28.endive")

    receiver.apply(config)
    receiver.apply(config)

    assert old["id"] in {each["id"] for each in receiver.endpoints()}
    assert receiver.apply(receiver.config(api_version="2026-10-28.endive")).complete
    assert receiver.arrived()


def test_a_key_that_stripe_has_forgotten_leaves_one_endpoint(receiver: Receiver) -> None:
    """Where the time is not known, the creation may be asked again too late: what comes of it is deleted."""
    receiver.apply(receiver.config(FAILS))
    config = receiver.config()
    account = receiver.account(config)
    plan = account.plan(account.compare())
    receiver.place.advance(DAY)

    [result] = carry_out(account, plan).results

    assert "Stripe no longer repeats its secret" in result.reason
    assert len(receiver.endpoints()) == 1
    assert receiver.apply(config).complete
    assert receiver.arrived()


def test_an_endpoint_that_was_deleted_can_be_created_again_the_same_day(receiver: Receiver) -> None:
    for _ in range(3):
        assert receiver.apply(receiver.config()).complete
        assert receiver.arrived()
        [endpoint] = receiver.endpoints()
        receiver.place.writer().perform(Call("webhook_endpoints", "delete", str(endpoint["id"]), {}))


def test_a_file_belongs_to_its_owner_alone(receiver: Receiver) -> None:
    config = receiver.config(secret_to={"file": "taken"})

    assert receiver.apply(config).complete

    assert receiver.arrived()
    assert stat.S_IMODE((receiver.folder / "taken").stat().st_mode) == 0o600
