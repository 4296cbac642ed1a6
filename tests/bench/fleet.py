"""
What a fleet costs, against the sandbox without latency: `python -m tests.bench.fleet local 200 --cards 5`.

`local`, `dask` (a cluster of its own, two workers), `kill` (one of them, in the middle of an apply),
`limit` (the platform's, counted at the server) and `keys` (looked for wherever the scheduler keeps things).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import click

from tests.fleet.world import Cluster, Platform, dask_cluster, ids, make_fleet, platform

PROVISIONER = [sys.executable, "-m", "provisioner", "fleet"]


def engine_words(cluster: Cluster | None) -> list[str]:
    """The options for an engine."""
    return ["--executor", "dask", "--scheduler", cluster.address] if cluster else []


def measure(there: Platform, folder: Path, cluster: Cluster | None, name: str, *words: str) -> None:
    """Run a command of the fleet's and print what it cost."""
    before = len(there.arrivals)
    env = there.environ()
    if cluster:
        del env["STRIPE_API_KEY"]
    begun = time.monotonic()
    command = [*PROVISIONER, name, ".", *engine_words(cluster), *words]
    with (folder / "out.txt").open("w") as said:
        child = subprocess.Popen(command, cwd=folder, env=env, stdout=said, stderr=subprocess.STDOUT)
        peak = 0.0
        while child.poll() is None:
            peak = max(peak, high_water(child.pid))
            time.sleep(0.05)
    wall, out = time.monotonic() - begun, (folder / "out.txt").read_text()
    summary = [line for line in out.splitlines() if line.startswith(("Fleet", "  Over"))]
    requests = len(there.arrivals) - before
    click.echo(
        f"{name}: exit {child.returncode}, {wall:.1f} s, peak {peak:.0f} MiB, "
        f"{requests} requests at the server, at most {there.busiest()}/s"
    )
    click.echo("\n".join(summary[-2:]))
    if child.returncode not in (0, 2):
        click.echo(out[-2000:])


def check(there: Platform, accounts: int, cards: int) -> None:
    """Say whether every account ended as declared, once."""
    wrong = [name for name in ids(accounts) if there.estate(name) != there.expected(cards)]
    click.echo(f"accounts that are not as declared: {len(wrong)} {wrong[:3]}")


def high_water(pid: int) -> float:
    """Peak memory (MiB) of a process; what `wait4` says of a child starts with its parent's."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if "VmHWM" in line), 0.0)


def memory(cluster: Cluster | None) -> None:
    """Peak memory of the scheduler and of the workers."""
    for name, child in [("scheduler", cluster.scheduler), *enumerate(cluster.workers)] if cluster else []:
        click.echo(f"  {name}: {high_water(child.pid):.0f} MiB")


def kill_in_the_middle(there: Platform, folder: Path, cluster: Cluster, accounts: int) -> None:
    """Start an apply, kill a worker once a third of all top-ups could be there, and wait for the end."""
    command = [*PROVISIONER, "apply", ".", "--auto-approve", *engine_words(cluster), "--report", "r.jsonl"]
    env = there.environ()
    del env["STRIPE_API_KEY"]
    begun, before = time.monotonic(), len(there.arrivals)
    child = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True)
    enough = before + accounts * 6 + accounts * 4
    while len(there.arrivals) < enough and child.poll() is None:
        time.sleep(0.01)
    cluster.workers[0].kill()
    click.echo(
        f"killed a worker after {time.monotonic() - begun:.1f} s, {len(there.arrivals) - before} requests"
    )
    out = child.communicate()[0]
    click.echo("\n".join(line for line in out.splitlines() if line.startswith(("Fleet", "  "))))
    click.echo(f"exit {child.returncode} after {time.monotonic() - begun:.1f} s")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["local", "dask", "kill", "limit"])
    parser.add_argument("accounts", type=int)
    parser.add_argument("--cards", type=int, default=5)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--platform", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--plan-only", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, platform(asked.accounts, latency=asked.latency) as there:
        folder = make_fleet(
            Path(name, "fleet"), asked.accounts, asked.cards, rate=asked.rate, platform=asked.platform
        )
        on_dask = asked.what != "local"
        dask = dask_cluster(Path(name, "dask"), there.environ(), threads=asked.threads)
        with dask if on_dask else nullcontext() as cluster:
            if asked.plan_only:
                measure(there, folder, cluster, "plan")
                return
            if asked.what == "kill":
                kill_in_the_middle(there, folder, cluster, asked.accounts)
            else:
                measure(there, folder, cluster, "apply", "--auto-approve")
            check(there, asked.accounts, asked.cards)
            measure(there, folder, cluster, "plan", "--detailed-exitcode")
            memory(cluster)
    os.sync()


if __name__ == "__main__":
    main()
