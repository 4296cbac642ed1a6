"""What has been acknowledged is still there after kill -9."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.sandbox.server import serve
from provisioner.sandbox.settings import Settings

from .conftest import Api

SERVE = """
import sys, pathlib
from provisioner.sandbox.server import serve
from provisioner.sandbox.settings import Settings
serve(Settings(state=pathlib.Path(sys.argv[1]), rate_limit=False), lambda url: print(url, flush=True))
"""


def served(state: Path) -> tuple[subprocess.Popen, Api]:
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(state)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Api(process.stdout.readline().strip())


def end(process: subprocess.Popen, number: int) -> int:
    os.kill(process.pid, number)
    code = process.wait(timeout=20)
    process.stdout.close()
    return code


def test_kill_9_loses_nothing(tmp_path) -> None:
    state = tmp_path / "deep" / "sandbox.db"
    process, api = served(state)
    account = api.read("/v1/account")
    made = [api.post("/v1/topups", {"amount": 100, "currency": "usd"}, key=f"k{i}").body for i in range(30)]
    api.advance(3600)
    end(process, signal.SIGKILL)

    process, api = served(state)
    kept = api.read("/v1/topups", {"limit": 100})["data"]
    assert [topup["id"] for topup in kept][::-1] == [topup["id"] for topup in made]
    assert {topup["status"] for topup in kept} == {"succeeded"}
    assert api.read("/v1/account") == account
    assert api.post("/v1/topups", {"amount": 100, "currency": "usd"}, key="k3").body == made[3]
    assert api.read("/v1/balance")["available"][0]["amount"] == 3000
    end(process, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_on_a_signal(tmp_path, number) -> None:
    process, api = served(tmp_path / "s.db")
    api.cardholder()
    assert end(process, number) == 0


def test_it_ends_although_a_webhook_endpoint_does_not_answer(tmp_path) -> None:
    process, api = served(tmp_path / "s.db")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        api.ok("/v1/webhook_endpoints", {"url": url, "enabled_events": ["*"]})
        api.ok("/v1/topups", {"amount": 100, "currency": "usd"})
        connection, _ = silent.accept()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=8) == 0
        connection.close()
    process.stdout.close()


def test_a_state_that_is_none_and_a_port_that_is_taken(tmp_path, api) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database " * 100)
    with pytest.raises(OSError, match=r"notes\.txt"):
        serve(Settings(state=text), lambda _: None)
    old = tmp_path / "old.db"
    with contextlib.closing(sqlite3.connect(old)) as database:
        database.execute("PRAGMA user_version=1")
    with pytest.raises(OSError, match="another version"):
        serve(Settings(state=old), lambda _: None)
    port = int(api.base.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        serve(Settings(port=port), lambda _: None)
