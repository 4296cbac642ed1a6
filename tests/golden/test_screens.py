"""
Golden screens: what a person sees, command by command, to be read one after the other.

`screens/COMMAND-WIDTH.txt` is the whole screen of a command on a terminal of 80 or 120 columns, with
`NO_COLOR`, and `-color.txt` the same in color (`cat` shows it). `screens/help.txt` is the help of every
command. Ids and times are the same in every run. `pytest --update-golden` writes all of them.
"""

import os
import pty
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest
import stripe
from click.testing import CliRunner
from support.command import environ
from support.pages import ROOT
from support.playing import in_order

from provisioner.cli.main import main
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

FOLDER = Path(__file__).parent / "screens"
KEY = "sk_test_canary51Key"
FLEET = ("fleet", "plan", str(ROOT / "examples" / "fleet"), "--sandbox", "--at-once", "1")
SCREENS = {  # in this order: each finds what those before it have done
    "doctor": ("doctor",),
    "test": ("test", "--offline"),
    "plan": ("plan",),
    "apply": ("apply", "--auto-approve"),
    "drift": ("drift",),
    "changes": ("plan", "--explain"),
    "fleet": FLEET,
}
GAP = r"(?:\s|\x1b\[[\d;]*m)+"  # between words, wherever a line was wrapped and colored
FLEET_COST = re.compile(rf"{GAP}\([\d.]+{GAP}s,{GAP}[\d.]+{GAP}accounts/s,{GAP}(\d+){GAP}requests\)")
ALIKE = (  # whatever differs from run to run, by something as long: the screen has been wrapped by then
    (
        re.compile(r"\b(ich|ic|tu|acct|evt|req)_(?!1FleetShop)(?=\w*[A-Z])[A-Za-z0-9]{12,}"),
        lambda m: m[1] + "_" + "0" * (len(m[0]) - len(m[1]) - 1),
    ),
    (re.compile(r"\bsha256:[0-9a-f]+"), lambda m: "sha256:" + "0" * (len(m[0]) - 7)),
    (re.compile(r"\b20\d\d-\d\d-\d\d(?=[T ]\d\d:\d\d)"), lambda _: "2026-11-23"),
    (re.compile(r"(?<=2026-11-23 )\d\d:\d\d(:\d\d)?"), lambda m: "09:30:00" if m[1] else "09:30"),
    (re.compile(r"\b\d+ ms\b"), lambda _: "5 ms"),
    (FLEET_COST, lambda m: f" (0.2 s, 40 accounts/s, {m[1]} requests)"),
    (re.compile(r"^(Applying|Reading Stripe|Running|Writing): .*\n", re.MULTILINE), lambda _: ""),
)


@pytest.mark.parametrize("color", [False, True], ids=["plain", "color"])
@pytest.mark.parametrize("width", [80, 120])
def test_whole_screens(
    width: int, color: bool, tmp_path: Path, commands: Path, request: pytest.FixtureRequest
) -> None:
    shutil.copy(FOLDER / "provisioner.yaml", tmp_path)
    look = {"COLUMNS": str(width), "TERM": "xterm", "CI": "1", "STRIPE_API_KEY": KEY}
    look |= {} if color else {"NO_COLOR": "1"}
    wrong = []
    with running(Settings(rate_limit=False)) as base:
        for name, words in SCREENS.items():
            if name == "drift":
                changed_by_hand(base)
            if name == "changes":
                changed_in_the_yaml(tmp_path / "provisioner.yaml")
            seen = screen(commands, tmp_path, words, look | {"STRIPE_API_BASE": base})
            file = FOLDER / f"{name}-{width}{'-color' if color else ''}.txt"
            wrong += differs(file, seen, request)

    assert wrong == []


def test_help_of_every_command(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    pages = []
    for words in every_command():
        text = CliRunner().invoke(main, [*words, "--help"], prog_name="provisioner").output
        pages.append(f"$ {' '.join(['provisioner', *words, '--help'])}\n{text}")

    assert differs(FOLDER / "help.txt", "\n".join(pages), request) == []


def every_command(group: click.Group = main, *words: str) -> Iterator[tuple[str, ...]]:
    yield words
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if command is not None:
            command._help_option = None  # click keeps it, and a command that was run alone has no -h
        if isinstance(command, click.Group):
            yield from every_command(command, *words, name)
        else:
            yield (*words, name)


def differs(file: Path, seen: str, request: pytest.FixtureRequest) -> list[str]:
    """Write the file on update; return its name if it is not what was seen."""
    if request.config.getoption("--update-golden"):
        file.write_text(seen, encoding="utf-8")
    return [] if file.exists() and file.read_text(encoding="utf-8") == seen else [f"{file.name}:\n{seen}"]


def changed_by_hand(base: str) -> None:
    """Replace the limits of a card, as somebody would in the Dashboard."""
    client = stripe.StripeClient(KEY, base_addresses={"api": base})
    [ads] = [card for card in client.v1.issuing.cards.list().data if card.status == "active"]
    limits = [{"amount": 900_000, "interval": "monthly"}]
    client.v1.issuing.cards.update(ads.id, {"spending_controls": {"spending_limits": limits}})


def changed_in_the_yaml(file: Path) -> None:
    """Give the company another name, which replaces it and its cards."""
    text = file.read_text(encoding="utf-8").replace("Jenny's Bakery", "Jenny's Bread")
    file.write_text(text, encoding="utf-8")


def screen(commands: Path, folder: Path, words: tuple[str, ...], look: dict[str, str]) -> str:
    """Run a command on a terminal and return what it shows there, alike in every run."""
    quiet = {n: v for n, v in environ(**look).items() if n not in {"FORCE_COLOR", "CLICOLOR_FORCE"}}
    quiet = quiet if "NO_COLOR" in look else {n: v for n, v in quiet.items() if n != "NO_COLOR"}
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(commands / "provisioner"), *words],
        cwd=folder,
        env=quiet,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # how Linux ends a terminal
        while part := os.read(terminal, 65536):
            shown += part
    os.close(terminal)
    process.wait(60)
    text = shown.decode().replace("\r\n", "\n").replace(str(folder), "/home/you/acme")
    for pattern, alike in ALIKE:
        text = pattern.sub(alike, text)
    return f"$ provisioner {' '.join(words).replace(str(ROOT) + '/', '')}\n{in_order(text)}"
