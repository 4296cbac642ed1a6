"""Everything that the README shows is run here, and must answer what it shows."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^(cardholders|cards|balance_targets)\.\S+: ")
IDS = re.compile(r"\b(ich|ic|tu|acct|evt|req|iauth|ipi)_[A-Za-z0-9]+")


def run(command: str, folder: Path) -> str:
    """Run a command as a user does; what it says on both streams, with ids that are alike for all runs."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("STRIPE_")}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    text = IDS.sub(r"\1_...", done.stdout + order(done.stderr))
    return text if not text or text.endswith("\n") else text + "\n"


def order(progress: str) -> str:
    """Steps that are carried out side by side end in any order; what follows them stays as it is."""
    lines = progress.splitlines(keepends=True)
    steps = [line for line in lines if STEP.match(line)]
    return "".join(sorted(steps) + [line for line in lines if line not in steps])


def played(block: str, folder: Path) -> str:
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{command}\n{run(command[2:], folder)}" for command in commands)


def test_the_sessions_in_the_readme_are_what_really_happens(tmp_path, request):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    text = README.read_text(encoding="utf-8")

    real = BLOCK.sub(lambda block: f"```console\n{played(block[1], tmp_path)}```", text)

    if request.config.getoption("--update-golden"):
        README.write_text(real, encoding="utf-8")
    assert real == text


def test_the_configuration_in_the_readme_is_valid(tmp_path):
    yaml = re.search(r"^```yaml\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert yaml
    (tmp_path / "provisioner.yaml").write_text(yaml[1], encoding="utf-8")

    assert run("provisioner validate", tmp_path).startswith("The configuration of acme-issuing is valid")


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_the_first_command_plans_applies_and_plans_again(command):
    first = re.search(r"^```sh\n(.*?)\n```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)

    assert first
    assert f"provisioner {command} examples/b2b-payments --sandbox" in first[1]
