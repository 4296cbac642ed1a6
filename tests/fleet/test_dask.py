"""A fleet on a Dask cluster that its own command line started: the same end, whatever becomes of a worker."""

import importlib.util
import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from fleet.world import (
    KEY,
    dask_cluster,
    ids,
    in_process,
    make_fleet,
    memory_holds,
    platform,
    provisioner,
)

if importlib.util.find_spec("distributed") is None:
    pytest.skip("the extra provisioner[dask] is not installed", allow_module_level=True)

ACCOUNTS, CARDS, LIMIT = 8, 2, 60
PAGES = (
    "info/main/workers.html",
    "info/main/errors.html",
    "json/counts.json",
    "json/identity.json",
    "sysmon",
)


@pytest.fixture
def there():
    with platform(ACCOUNTS, topup_settle=None) as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    return make_fleet(tmp_path / "fleet", ACCOUNTS, CARDS, platform=LIMIT)


@pytest.fixture
def cluster(there, tmp_path):
    with dask_cluster(tmp_path / "dask", there.environ()) as running:
        yield running


def words(cluster, name, *more):
    return ("fleet", name, "--executor", "dask", "--scheduler", cluster.address, *more)


def keyless(there):
    return {name: value for name, value in there.environ().items() if name != "STRIPE_API_KEY"}


def fleet(there, folder, cluster, name, *more):
    return provisioner(*words(cluster, name, *more), cwd=folder, env=keyless(there))


def shown(cluster):
    """All that the scheduler shows over HTTP, and all that the cluster's processes have written."""
    for page in PAGES:
        try:
            with urllib.request.urlopen(f"{cluster.dashboard}/{page}") as answer:  # noqa: S310 - loopback
                yield answer.read()
        except urllib.error.HTTPError as error:
            yield error.read()
    yield from (path.read_bytes() for path in cluster.logs.rglob("*") if path.is_file())


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="looks into the memory of processes")
def test_two_workers_do_what_one_machine_does_within_the_limit_and_no_key_travels(there, folder, cluster):
    applied = fleet(there, folder, cluster, "apply", "--auto-approve", "--format", "jsonl")
    arrived = len(there.arrivals)

    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert [there.estate(each) for each in ids(ACCOUNTS)] == [there.expected(CARDS)] * ACCOUNTS
    told = [json.loads(line) for line in applied.stdout.splitlines()]
    assert len({each["worker"] for each in told if each["phase"] == "apply"}) == 2
    assert sum(each["requests"] for each in told if "totals" in each["phase"]) == arrived
    assert there.busiest() <= LIMIT
    assert in_process(there, folder, "plan", "--detailed-exitcode").exit_code == 0

    assert memory_holds(cluster.workers[0].pid, KEY.encode())
    assert not memory_holds(cluster.scheduler.pid, KEY.encode())
    assert KEY.encode() not in b"".join(shown(cluster))
    assert KEY not in applied.stdout + applied.stderr
    assert "STRIPE_API_KEY" not in cluster.scheduler_environ()


def test_a_killed_workers_accounts_are_run_again_and_nothing_happens_twice(there, folder, cluster):
    make_fleet(folder, ACCOUNTS, CARDS)
    command = [sys.executable, "-m", "provisioner", *words(cluster, "apply", "--auto-approve")]
    child = subprocess.Popen(command, cwd=folder, env=keyless(there), stdout=subprocess.PIPE, text=True)
    for line in child.stdout:
        if " created" in line:  # the first account is done, others are under way
            break
    cluster.workers[0].kill()
    said, _ = child.communicate(timeout=90)

    assert child.returncode == 0, said
    assert [there.estate(each) for each in ids(ACCOUNTS)] == [there.expected(CARDS)] * ACCOUNTS
    assert in_process(there, folder, "plan", "--detailed-exitcode").exit_code == 0


def test_a_scheduler_that_dies_is_one_error_with_the_totals_so_far(there, folder, tmp_path):
    make_fleet(folder, ACCOUNTS, CARDS, platform=4)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with dask_cluster(tmp_path / "dask", there.environ(), workers=1) as cluster:
        command = [sys.executable, "-m", "provisioner", *words(cluster, "apply", "--auto-approve")]
        child = subprocess.Popen(command, cwd=folder, env=keyless(there), **streams)
        first = next(line for line in child.stdout if line.startswith("acct_"))
        cluster.scheduler.kill()
        said, wrong = child.communicate(timeout=90)

    assert child.returncode == 1, wrong
    assert "to create" in first
    assert "Total of the accounts that finished" in said
    errors = [line for line in wrong.splitlines() if not line.startswith("apply")]
    assert len(errors) == 1, wrong
    assert errors[0].startswith(f"Error: lost the connection to the Dask scheduler at {cluster.address}")
    assert "run the same command again" in errors[0]


def test_without_a_scheduler_it_says_what_is_missing(there, folder):
    run = in_process(there, folder, "plan", "--executor", "dask")

    assert run.exit_code == 1
    assert "--executor dask needs --scheduler ADDRESS" in run.stderr
