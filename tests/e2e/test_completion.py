"""Completion in the shells: commands, options, and the addresses of the configuration."""

import shutil
import subprocess
from pathlib import Path

import pytest

from e2e.conftest import COMPANY, Desk

CARDS = "cards:\n  ads: {cardholder: acme, type: virtual, currency: usd}\n"


def offered(desk: Desk, commands: Path, *words: str) -> list[str]:
    """What the shell is told of the last word, as bash asks for it."""
    done = subprocess.run(
        [commands / "provisioner"],
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


def test_commands_options_and_addresses(desk, commands):
    desk.write(COMPANY + CARDS)

    assert offered(desk, commands, "do") == ["doctor"]
    assert "--detailed-exitcode" in offered(desk, commands, "plan", "--d")
    assert offered(desk, commands, "plan", "--target", "card") == ["cardholders.acme", "cards.ads"]
    assert offered(desk, commands, "retire", "cards.") == ["cards.ads"]


def test_environments_guardrails_and_cards(desk, commands):
    desk.write(COMPANY + CARDS)
    (desk.folder / "environments").mkdir()
    for name in ("prod", "staging"):
        (desk.folder / f"environments/{name}.yaml").write_text("{}\n", encoding="utf-8")

    assert offered(desk, commands, "plan", "--env", "") == ["prod", "staging"]
    assert offered(desk, commands, "plan", "provisioner.yaml", "--env", "p") == ["prod"]
    assert offered(desk, commands, "apply", "--allow", "re") == ["retired=", "reverted="]
    assert offered(desk, commands, "fleet", "apply", "--allow", "f") == ["failed="]
    assert offered(desk, commands, "simulate", "purchase", "") == ["ads"]


def test_an_unsound_configuration_offers_nothing(desk, commands):
    desk.write("cards: [")

    assert offered(desk, commands, "plan", "--target", "c") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_that_the_shell_takes(desk, shell):
    script = desk.folder / "completion"
    script.write_text(desk.run("completion", shell).stdout, encoding="utf-8")

    assert "_PROVISIONER_COMPLETE" in script.read_text(encoding="utf-8")
    if path := shutil.which(shell):
        assert subprocess.run([path, "-n", str(script)], check=False).returncode == 0
