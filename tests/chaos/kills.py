"""
SIGKILLs at random moments of applies of `examples/acme`, whose configuration changes from round to round.

    python tests/chaos/kills.py --kills 500 --seed 1

Every round asks for other cards, limits, holders, reissues and money, kills the apply of it once or more,
and lets the next one end. Then nothing may be there twice, the balance must be the target to the cent, and
the plan must be empty. Prints what was counted; exits 1 where a round has failed.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from provisioner.cli.main import main as command_line

ACME = Path(__file__).parents[2] / "examples" / "acme"
KEY = "sk_test_kills"
STEP = 100_000  # what the target grows by in each round, in cents

Json = dict[str, Any]


@dataclass
class Acme:
    """The example's files, and how they come to be different in each round."""

    folder: Path
    rng: random.Random
    files: dict[Path, Json] = field(default_factory=dict)
    target: int = 0
    reissues: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        shutil.copytree(ACME, self.folder)
        for path in sorted(self.folder.rglob("*.yaml")):
            self.files[path] = yaml.safe_load(path.read_text(encoding="utf-8"))

    def change(self) -> None:
        """Write the files of another round."""
        self.target += STEP
        for path, original in self.files.items():
            document = json.loads(json.dumps(original))
            for section in ("scenarios", "grants"):  # they name cards that may be gone
                document.pop(section, None)
            if "balance_targets" in document:
                document["balance_targets"]["usd"] = {"target": self.target}
                document["guardrails"] = {"max_retired": 40}
            for name in list(document.get("cards", {})):
                self._change_card(document["cards"], name)
            for name in list(document.get("cardholders", {})):
                self._change_holder(document["cardholders"], name)
            path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")

    def _change_card(self, cards: Json, name: str) -> None:
        way = self.rng.random()
        card = cards[name]
        if card.get("lifecycle", {}).get("protect"):
            return
        if way < 0.12:
            del cards[name]
            return
        if way < 0.3:
            limit = {"amount": 1000 * self.rng.randint(1, 400), "interval": "monthly"}
            card["spending_controls"] = {"spending_limits": [limit]}
        elif way < 0.4:
            card["status"] = "inactive"
        elif way < 0.48 and card.get("type") != "physical":
            self.reissues[name] += 1
        if self.reissues[name]:
            reason = ("lost", "expired")[self.reissues[name] % 2]
            card["lifecycle"] = {"reissue": {"number": self.reissues[name], "reason": reason}}
        elif way > 0.95:
            card["lifecycle"] = {"on_remove": "cancel"}

    def _change_holder(self, holders: Json, name: str) -> None:
        if self.rng.random() < 0.2:
            holders[name]["email"] = f"{name}.{self.rng.randint(1, 99)}@example.com"


@dataclass
class Place:
    """A sandbox process and the children that apply to it."""

    base: str
    work: Path
    config: Path

    def begin(self, *words: str) -> int:
        """Fork a child that runs the command line; everything is imported already, so it starts at once."""
        sys.stdout.flush()
        child = os.fork()
        if child:
            return child
        try:
            os.chdir(self.work)
            log = os.open(self.work / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.environ |= {"STRIPE_API_BASE": self.base, "STRIPE_API_KEY": KEY}
            command_line([*words])
            os._exit(0)
        except SystemExit as end:
            sys.stdout.flush()
            os._exit(end.code if isinstance(end.code, int) else 1)
        finally:
            os._exit(99)

    def run(self, *words: str) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.begin(*words), 0)[1])

    def kill_within(self, seconds: float) -> bool:
        """Begin an apply and SIGKILL it then; whether it was still at work."""
        child = self.begin(
            "apply", str(self.config), "--auto-approve", "--max-rps", "10000", "--max-endpoint-rps", "10000"
        )
        time.sleep(seconds)
        ended, _ = os.waitpid(child, os.WNOHANG)
        if ended:
            return False
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return True

    def ask(self, path: str, asked: Mapping[str, Any] | None = None) -> Json:
        data = None if asked is None else json.dumps(asked).encode()
        request = urllib.request.Request(self.base + path, data)  # noqa: S310
        request.add_header("Authorization", f"Bearer {KEY}")
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read())

    def all(self, resource: str) -> Iterator[Json]:
        after = ""
        while True:
            page = self.ask(f"/v1/{resource}?limit=100{after}")
            yield from page["data"]
            if not page["has_more"]:
                return
            after = f"&starting_after={page['data'][-1]['id']}"


def wrong_now(place: Place) -> list[str]:
    """What must hold at every moment: no address twice in one generation."""
    objects = [*place.all("issuing/cards"), *place.all("issuing/cardholders")]
    living = [o["metadata"] for o in objects if o["status"] != "canceled"]
    counts = Counter((m["provisioner_address"], m["provisioner_generation"]) for m in living)
    return [f"{address} #{generation} {n} times" for (address, generation), n in counts.items() if n > 1]


def wrong_at_the_end(place: Place, target: int) -> list[str]:
    """What must hold once an apply has ended by itself."""
    place.ask("/_sandbox/clock", {"advance": 60})
    available = place.ask("/v1/balance")["issuing"]["available"]
    amount = sum(row["amount"] for row in available if row["currency"] == "usd")
    found = wrong_now(place)
    if amount != target:
        found.append(f"the balance is {amount}, the target {target}")
    if (
        code := place.run(
            "plan",
            str(place.config),
            "--detailed-exitcode",
            "--max-rps",
            "10000",
            "--max-endpoint-rps",
            "10000",
        )
    ) != 0:
        found.append(f"the plan after it exits {code}: {(place.work / 'log').read_text()[-600:]}")
    return found


@contextmanager
def place_in(folder: Path) -> Iterator[Place]:
    """A sandbox of its own process."""
    words = [sys.executable, "-m", "provisioner", "sandbox", "serve", "--no-rate-limit"]
    (folder / "work").mkdir()
    serving = subprocess.Popen(
        [*words, "--state", str(folder / "state.db")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert serving.stdout is not None
        base = serving.stdout.readline().split()[-1]
        yield Place(base, folder / "work", folder / "acme")
    finally:
        serving.terminate()
        serving.wait()
        if serving.stdout:
            serving.stdout.close()


def rounds(count: int, seed: int, longest: float = 0.5) -> tuple[Counter[str], list[str]]:
    """Play so many rounds; what was counted, and what was wrong."""
    rng = random.Random(seed)  # noqa: S311
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="provisioner-kills-") as name, place_in(Path(name)) as place:
        acme = Acme(place.config, rng)
        while counts["kills"] < count:
            counts["rounds"] += 1
            acme.change()
            while place.kill_within(rng.uniform(0.05, longest)):
                counts["kills"] += 1
                found = wrong_now(place)
                if rng.random() < 0.6:
                    break
            code = place.run(
                "apply",
                str(place.config),
                "--auto-approve",
                "--max-rps",
                "10000",
                "--max-endpoint-rps",
                "10000",
            )
            if code != 0:
                found = [f"the apply after it exits {code}: {(place.work / 'log').read_text()[-600:]}"]
            found = [*found, *wrong_at_the_end(place, acme.target)] if counts["kills"] else []
            wrong += [f"seed {seed}, round {counts['rounds']}: {text}" for text in found]
            if wrong:
                break
        counts["top-ups"] = sum(1 for _ in place.all("topups"))
        counts["cards"] = sum(1 for _ in place.all("issuing/cards"))
    return counts, wrong


def main() -> None:
    """Read the arguments, play, and tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    counts, wrong = rounds(given.kills, given.seed)
    sys.stdout.write("\n".join([str(dict(counts)), *wrong, ""]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
