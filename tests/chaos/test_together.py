"""Eight applies at once, or five that differ, as processes, under the rate limits of test mode."""

import subprocess
from collections import Counter
from pathlib import Path

import pytest
import urllib3
from support.command import environ
from support.depth import DEEP

from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

CONFIGS = Path(__file__).parent / "configs"
EIGHT = 8


@pytest.fixture
def base():
    with running(Settings(topup_settle=None)) as base:
        yield base


def ask(base: str, path: str):
    """What the account holds; the applies have just used up the second's requests."""
    again = urllib3.Retry(total=10, status_forcelist=[429], backoff_factor=0.2)
    with urllib3.PoolManager(retries=again) as http:
        return http.request("GET", base + path, headers={"Authorization": "Bearer sk_test_a"}).json()


def start(base: str, cwd: Path, commands: Path, name: str) -> subprocess.Popen:
    env = environ(STRIPE_API_BASE=base, STRIPE_API_KEY="sk_test_together")
    words = [str(commands / "provisioner"), "apply", str(CONFIGS / f"{name}.yaml"), "--auto-approve"]
    return subprocess.Popen(
        words, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def together(base: str, cwd: Path, commands: Path, names: list[str]) -> tuple[list[int], str]:
    """Apply all of these at once; how each exited, and all that they said."""
    begun = [start(base, cwd, commands, name) for name in names]
    said = [process.communicate(timeout=120)[0] for process in begun]
    return [process.returncode for process in begun], "\n".join(said)


def living(base: str) -> Counter[tuple[str, str]]:
    objects = [
        *ask(base, "/v1/issuing/cards?limit=100")["data"],
        *ask(base, "/v1/issuing/cardholders?limit=100")["data"],
    ]
    marks = [item["metadata"] for item in objects if item["status"] != "canceled"]
    return Counter((mark["provisioner_address"], mark["provisioner_generation"]) for mark in marks)


def money(base: str) -> list[int]:
    return [topup["amount"] for topup in ask(base, "/v1/topups?limit=100")["data"]]


def test_of_the_same_configuration_they_end_like_one(base, tmp_path, commands):
    together(base, tmp_path, commands, ["before"])
    codes, said = together(base, tmp_path, commands, ["one"] * EIGHT)

    assert codes == [0] * EIGHT, said
    assert set(living(base).values()) == {1}
    assert money(base) == [200_000]
    assert "Traceback" not in said


def test_of_differing_ones_nothing_is_there_twice_and_the_next_apply_ends_it(base, tmp_path, commands):
    together(base, tmp_path, commands, ["before"])
    differing = ["one", "two", "three", "one", "two", "three", "one", "two"]
    codes, said = together(base, tmp_path, commands, differing if DEEP else differing[:5])

    assert set(codes) <= {0, 1, 5}, said
    assert set(living(base).values()) == {1}
    assert sum(money(base)) <= 300_000
    codes, said = together(base, tmp_path, commands, ["two"])
    assert codes == [0], said
    assert set(living(base).values()) == {1}
    assert sum(money(base)) == 300_000
