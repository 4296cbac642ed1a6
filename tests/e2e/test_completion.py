"""Completion in the shells: commands, options, and the addresses of the configuration."""

import shutil
import subprocess
import sys

import pytest

from e2e.conftest import COMPANY, Desk

CARDS = "cards:\n  ads: {cardholder: acme, type: virtual, currency: usd}\n"


def offered(desk: Desk, *words: str) -> list[str]:
    """What the shell is told of the last word, as bash asks for it."""
    done = subprocess.run(
        [sys.executable, "-c", "from provisioner.cli.main import main; main(prog_name='provisioner')"],
        cwd=desk.folder,
        env={
            "_PROVISIONER_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["provisioner", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_commands_options_and_addresses(desk):
    desk.write(COMPANY + CARDS)

    assert offered(desk, "do") == ["doctor"]
    assert "--detailed-exitcode" in offered(desk, "plan", "--d")
    assert offered(desk, "plan", "--target", "card") == ["cardholders.acme", "cards.ads"]
    assert offered(desk, "retire", "cards.") == ["cards.ads"]


def test_an_unsound_configuration_offers_nothing(desk):
    desk.write("cards: [")

    assert offered(desk, "plan", "--target", "c") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_that_the_shell_takes(desk, shell):
    script = desk.folder / "completion"
    script.write_text(desk.run("completion", shell).stdout, encoding="utf-8")

    assert "_PROVISIONER_COMPLETE" in script.read_text(encoding="utf-8")
    if path := shutil.which(shell):
        assert subprocess.run([path, "-n", str(script)], check=False).returncode == 0
