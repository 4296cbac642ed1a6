"""`provisioner serve` as a user starts and ends it."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from support.command import environ, provisioner

from provisioner import Project
from provisioner.app.demo import DemoReader
from provisioner.app.seed import SeedOrder
from web.conftest import CONFIGURATION


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "provisioner.yaml").write_text(CONFIGURATION, encoding="utf-8")
    return tmp_path


@contextmanager
def closing_by(server: subprocess.Popen[str]) -> Iterator[None]:
    """Kill a server that a test has not ended, or nobody would."""
    try:
        yield
    finally:
        server.kill()


def test_it_prints_its_address_shows_the_account_and_ends_with_ctrl_c(folder):
    command = [sys.executable, "-m", "provisioner", "serve", "--sandbox", "--every", "1"]
    with (
        subprocess.Popen(command, cwd=folder, env=environ(), stdout=subprocess.PIPE, text=True) as server,
        closing_by(server),
    ):
        line = server.stdout.readline()
        base = re.search(r"http://127\.0\.0\.1:\d+", line)[0]
        page = requests.get(base, timeout=20)
        posted = requests.post(base, timeout=20)
        with requests.get(f"{base}/events", stream=True, timeout=20):
            server.send_signal(signal.SIGINT)
            code = server.wait(20)

    assert line.startswith("Serving shown at http://127.0.0.1:")
    assert "7 changes to apply" in page.text
    assert "sandbox" in page.text
    assert posted.status_code == 405
    assert code == 0


def test_a_key_that_can_or_may_be_able_to_write_is_said_and_never_shown(folder, commands):
    taken = socket.create_server(("127.0.0.1", 0))
    port = str(taken.getsockname()[1])
    ended = provisioner(
        "serve", "--port", port, cwd=folder, commands=commands, STRIPE_API_KEY="sk_test_canary51Key"
    )
    quiet = provisioner(
        "serve", "--port", port, cwd=folder, commands=commands, STRIPE_API_KEY="rk_test_canary51Key"
    )
    taken.close()

    assert ended.returncode == 1
    assert "This key can write" in ended.stderr
    assert f"port {port} is already in use" in ended.stderr
    assert "canary51" not in ended.stderr
    assert "This key can write" not in quiet.stderr
    assert "does not know whether this restricted key can write" in quiet.stderr


def test_a_demonstration_needs_the_sandbox(folder, commands):
    ended = provisioner(
        "serve", "--demo", cwd=folder, commands=commands, STRIPE_API_KEY="sk_test_canary51Key"
    )

    assert ended.returncode == 1
    assert "add --sandbox" in ended.stderr


def test_a_demonstration_has_a_past_drift_and_something_new(folder):
    with ExitStack() as stack:
        reader = DemoReader(lambda: Project.load(folder).config, stack, 30, SeedOrder(60, 20, seed=1))
        first = reader.read()
        then = reader.read_new()

    assert len(first.purchases) == 60
    assert {each.approved for each in first.purchases} == {True, False}
    assert first.drift.summary.drift > 0
    assert first.outside
    assert len(then.purchases) == len(first.purchases) + 1
    assert not (folder / ".provisioner").exists()
