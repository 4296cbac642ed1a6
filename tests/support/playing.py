"""Plays a page of documentation from top to bottom, in one shell and one folder, as a reader would."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from support.pages import ROOT, Block

STEP = re.compile(
    r"(?P<section>cardholders|cards|balance_targets|personalization_designs|webhook_endpoints)"
    r"\.\S+: (FAILED to |skipped \()?(?P<does>[a-z]+)"
    r"|acct_\S+  "
)
# what a phase of an apply does; phases follow each other, and what is of one phase ends in any order
ENDS, BEGINS, ACTIVATES, FUNDS = ("cancel", "deactivat", "tighten"), "creat", "activat", "top"
EXIT = re.compile(r"#.*\bexits (\d+)")
SERVE, FAST = "sandbox serve", "sandbox serve --no-rate-limit"  # nobody types as fast as pages are played
PORT = "12111"  # what pages write; each page that is played has a free one
HOME = "/home/you"
ALIKE = [
    (re.compile(r"\b(ich|ic|tu|we|acct|evt|req|iauth|ipi|ipcd)_[A-Za-z0-9]{12,}"), r"\1_..."),
    (re.compile(r"\bsha256:[0-9a-f]+"), "sha256:..."),
    (re.compile(r"\b20\d\d-\d\d-\d\d([T ])\d\d:\d\d(:\d\d)?"), r"2026-11-23\g<1>09:30\2"),
    (re.compile(r"(2026-11-23[T ]09:30):\d\d"), r"\1:00"),
    (re.compile(r"\b\d+ ms\b"), "5 ms"),
    (re.compile(r"^(Applying|Reading Stripe|Running|Writing): .*\n", re.MULTILINE), ""),  # if it takes long
    (re.compile(r"^Reading about [\d,]+ purchases: .*\n", re.MULTILINE), ""),
    (re.compile(r"\baccount number \d+"), "account number 12345678"),
    (re.compile(r"\b[\d.]+ s, [\d.]+ accounts/s"), "0.2 s, 40 accounts/s"),
]
# A reader comes to a purchase after the top-up that pays for it has settled; a test has to move the clock.
SETTLE = """(
provisioner sandbox serve --state .provisioner/sandbox.db --port {port} > /dev/null &
until curl -s 127.0.0.1:{port}/_sandbox/clock -d '{{"advance": 60}}'; do sleep 0.05; done
kill $!
) > /dev/null
"""


@dataclass(frozen=True)
class Step:
    """What the shell does: `shown` as the page writes it, `code` what it must end with (None: any)."""

    number: int
    shown: str
    source: str
    code: int | None

    def lines(self, out: Path) -> str:
        """The shell's words for it: exports, folders and `$?` live on, both streams go to files."""
        beside = f"2> {out}/{self.number}.err" if "|" in self.source else "2>&1"
        begun = (
            f"until [ -s {out}/{self.number}.out ]; do sleep 0.05; done\n"
            if self.source.endswith("&")
            else ""
        )
        settled = SETTLE.format(port=_free_port()) if "simulate purchase" in self.source else ""
        return (
            f"{settled}(exit $code)\n{{ {self.source}\n}} > {out}/{self.number}.out {beside}\n"
            f"code=$?; {begun}echo $code > {out}/{self.number}.code\n"
        )


@dataclass(frozen=True)
class Play:
    """What came of a page: what each console block really shows, and what did not end as it should."""

    shown: dict[int, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def play(page: list[Block], folder: Path, base: str, commands: Path) -> Play:
    """
    Play a page in an empty folder.

    `base` is the Stripe that commands without --sandbox speak to, `commands` comes first in PATH.
    """
    out = folder / "out"
    out.mkdir()
    home = folder / "home"
    home.mkdir()
    if any("examples/" in block.text for block in page):
        shutil.copytree(ROOT / "examples", home / "examples")
    port = _free_port()
    steps = {block.line: _steps(block, out, port) for block in page if not block.reason}
    script = "".join(step.lines(out) for block in steps.values() for step in block)
    _run(f"code=0\n{script}kill $(jobs -p) 2> /dev/null; wait\n", home, base, commands)
    alike = {str(home): HOME, f":{port}": f":{PORT}", base: "https://api.stripe.com"}
    done = Play()
    for block in page:
        told = [_told(step, out, alike, done.wrong) for step in steps.get(block.line, [])]
        done.shown[block.line] = "".join(told)
    return done


def _steps(block: Block, out: Path, port: str) -> list[Step]:
    if block.language == "console":
        asked = [(shown, None) for shown in _commands(block.text)]
    elif block.language == "sh":
        lines = block.text.replace("\\\n", " ").splitlines()
        asked = [(f"$ {line}", _code(line)) for line in lines if line.strip() and not line.startswith("#")]
    elif block.language == "python" or block.file:
        kept = out / f"{block.line}.text"
        kept.write_text(block.text.replace(PORT, port), encoding="utf-8")
        path = shlex.quote(block.file or "")
        asked = [
            (f'$ mkdir -p "$(dirname {path})" && cp {kept} {path}' if block.file else f"$ python {kept}", 0)
        ]
    else:
        asked = []
    return [
        Step(block.line * 100 + index, shown, _source(shown).replace(PORT, port).replace(SERVE, FAST), code)
        for index, (shown, code) in enumerate(asked)
    ]


def _source(shown: str) -> str:
    return "\n".join(line[2:] for line in shown.splitlines())


def _commands(text: str) -> list[str]:
    """The commands of a console block: a line after `$ `, and those after `> ` that go on with it."""
    return [match[0] for match in re.finditer(r"^\$ .*(\n> .*|\n>$)*", text, re.MULTILINE)]


def _code(line: str) -> int:
    said = EXIT.search(line)
    return int(said[1]) if said else 0


def _run(script: str, home: Path, base: str, commands: Path) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("STRIPE_", "GIT_", "GITHUB_", "CI"))}
    person = {"NAME": "You", "EMAIL": "you@example.com"}
    env |= {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()}
    env |= {"HOME": str(home), "STRIPE_API_BASE": base, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
    env["PATH"] = os.pathsep.join([str(commands), str(Path(sys.executable).parent), env["PATH"]])
    subprocess.run(
        ["bash", "-c", script],
        cwd=home,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )


def _told(step: Step, out: Path, alike: dict[str, str], wrong: list[str]) -> str:
    """The command and what it says, ids and times being alike in all runs."""
    said = "".join(
        file.read_text(encoding="utf-8")
        for file in (out / f"{step.number}.err", out / f"{step.number}.out")
        if file.exists()
    )
    for real, written in alike.items():
        said = said.replace(real, written)
    for pattern, written in ALIKE:
        said = pattern.sub(written, said)
    said = in_order(said)
    code = out / f"{step.number}.code"
    if not code.exists():
        wrong.append(f"{step.shown}\nwas not reached, or ended the shell\n{said}")
    elif step.code is not None and int(code.read_text(encoding="utf-8")) != step.code:
        wrong.append(f"{step.shown}\nended with {code.read_text(encoding='utf-8')}{said}")
    return f"{step.shown}\n{said}" + ("\n" if said and not said.endswith("\n") else "")


def in_order(said: str) -> str:
    """Phases stay in the order that they have; lines of one, which end in any order, are sorted."""
    runs = groupby(said.splitlines(keepends=True), key=_phase)
    return "".join("".join(sorted(lines, key=_place) if phase else lines) for phase, lines in runs)


def _phase(line: str) -> str:
    """Which lines stand together: creations and top-ups each by themselves; "" is no step."""
    step = STEP.match(line)
    does = (step["does"] or "") if step else ""
    return next((what for what in (BEGINS, FUNDS) if does.startswith(what)), "others") if step else ""


def _place(line: str) -> tuple[bool, bool, bool, str]:
    """What ends goes first, cards before their holder; what is activated goes last, after its holder."""
    step = STEP.match(line)
    does = (step["does"] or "") if step else ""
    ends = does.startswith(ENDS)
    holder = bool(step) and step["section"] == "cardholders"
    return not ends, does.startswith(ACTIVATES), holder == ends, line


def _free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])
