"""How the Action installs itself: wheels of known hashes, and no key in the environment of an installer."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from support.command import environ
from support.pages import PAGES, ROOT

from provisioner.cli.templates import CHECKOUT

LOCK = (ROOT / "action" / "requirements.txt").read_text(encoding="utf-8")
SECRETS = {
    "STRIPE_API_KEY": "sk_test_canary51Key",
    "STRIPE_READ_KEY": "rk_test_canary51Key",
    "ACME_FINANCE": "sk_live_canary51Key",
    "PIP_CANARY": "rk_live_canary51Key",
    "PROVISIONER_NOTIFY": "https://hooks.slack.example/canary",
    "GITHUB_TOKEN": "ghs_canary",
    "INPUT_NOTIFY": "canary",
    "PYTHONPATH": "/canary",
}
# A python3 that notes its environment. The environments that it makes note theirs, and have this one's pip,
# as a copy of their own would take seconds.
NOTING = """\
#!{python}
import os, pathlib, pip, subprocess, sys
code = {site!r}
exec(code)
words = sys.argv[1:]
if words[:2] == ["-m", "venv"]:
    words.append("--without-pip")
done = subprocess.run([{python!r}, *words])
if words[:2] == ["-m", "venv"]:
    (site,) = pathlib.Path(words[-2]).glob("lib/*/site-packages")
    (site / "pip").symlink_to(pathlib.Path(pip.__file__).parent)
    (site / "sitecustomize.py").write_text(code)
sys.exit(done.returncode)
"""
SITE = """\
import json, os, sys
with open({notes!r}, "a") as file:
    file.write(json.dumps([sys.argv, dict(os.environ)]) + chr(10))
"""


with_pip = pytest.mark.skipif(find_spec("pip") is None, reason="no pip in this environment (uv venv --seed)")


class Runner:
    """A runner: the Action with one small package in its lock, and a Python that notes what it sees."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.action, self.notes = folder, folder / "repository" / "action", folder / "notes"
        self.action.mkdir(parents=True)
        for name in ("clean.sh", "python.sh", "install.sh"):
            shutil.copy(ROOT / "action" / name, self.action)
        (self.action.parent / "provisioner").mkdir()
        (self.action.parent / "provisioner" / "__init__.py").write_text("", encoding="utf-8")
        self.wheel = folder / "small-1-py3-none-any.whl"
        with zipfile.ZipFile(self.wheel, "w") as zipped:
            zipped.writestr("small.py", "")
            zipped.writestr("small-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: small\nVersion: 1\n")
            zipped.writestr("small-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            zipped.writestr("small-1.dist-info/RECORD", "")
        self.lock(hashlib.sha256(self.wheel.read_bytes()).hexdigest())
        (folder / "bin").mkdir()
        self.python("python3", NOTING.format(python=sys.executable, site=SITE.format(notes=str(self.notes))))

    def lock(self, digest: str) -> None:
        (self.action / "requirements.txt").write_text(f"small==1 --hash=sha256:{digest}\n", encoding="utf-8")

    def python(self, name: str, text: str) -> None:
        command = self.folder / "bin" / name
        command.write_text(text, encoding="utf-8")
        command.chmod(0o755)

    def step(self, script: str, **env: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
        """Run a step of the Action with its secrets; also return the step's outputs."""
        outputs = self.folder / "outputs"
        outputs.write_text("", encoding="utf-8")
        about = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_OUTPUT": str(outputs),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.folder),
        }
        command = ["bash", self.action / script]
        whole = environ(**about, **SECRETS, **env)
        done = subprocess.run(command, env=whole, capture_output=True, text=True, check=False)
        lines = outputs.read_text(encoding="utf-8").splitlines()
        return done, dict(line.split("=", 1) for line in lines)

    @property
    def noted(self) -> list[tuple[list[str], Mapping[str, str]]]:
        return [json.loads(line) for line in self.notes.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@with_pip
def test_no_process_of_the_install_sees_a_key(runner: Runner) -> None:
    _, found = runner.step("python.sh")
    done, made = runner.step("install.sh", PYTHON=found["python"], UV="")

    assert done.returncode == 0, done.stderr
    assert found["python"] == str(runner.folder / "bin" / "python3")
    assert any("install" in words for words, _ in runner.noted)
    assert len(runner.noted) >= 4
    assert [words for words, known in runner.noted if "canary" in "".join(known.values())] == []
    check = [made["python"], "-P", "-c", "import provisioner, small; print(provisioner.__file__)"]
    where = subprocess.run(check, env={}, capture_output=True, text=True, check=True).stdout
    assert where.startswith(str(Path(made["python"]).parents[1]))

    before = len(runner.noted)
    assert runner.step("install.sh", PYTHON=found["python"])[1] == made
    assert len(runner.noted) == before  # another step of the job installs nothing again


@with_pip
def test_a_wheel_of_another_hash_is_refused_and_the_install_is_not_finished(runner: Runner) -> None:
    runner.lock("0" * 64)
    done, made = runner.step("install.sh", PYTHON=str(runner.folder / "bin" / "python3"))

    assert (done.returncode, made) == (1, {})
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert list(runner.folder.glob("provisioner-*/installed")) == []


def test_a_python_that_is_too_old_is_not_used(runner: Runner) -> None:
    for name in ("python3", "python"):
        runner.python(name, "#!/bin/sh\nexit 1\n")
    done, found = runner.step("python.sh")

    assert (done.returncode, found["python"]) == (0, "")
    assert re.fullmatch(r"\d+-\d+", found["key"])


def test_uv_installs_where_it_is_there_and_sees_no_key_either(runner: Runner) -> None:
    noting = SITE.format(notes=str(runner.notes))
    runner.python("uv", f"#!{sys.executable}\n{noting}")
    python = str(runner.folder / "bin" / "python3")
    _, found = runner.step("python.sh")
    done, _ = runner.step("install.sh", PYTHON=python, UV=found["uv"])

    assert found["uv"] == str(runner.folder / "bin" / "uv")
    assert done.returncode != 0  # this one makes nothing
    asked = [words[1:] for words, _ in runner.noted if words[0].endswith("uv")]
    assert [words[:1] for words in asked] == [["venv"], ["pip"]]
    assert {"--require-hashes", "--only-binary", ":all:"} <= set(asked[1])
    assert [words for words, known in runner.noted if "canary" in "".join(known.values())] == []


def test_the_lock_has_a_hash_of_each_wheel_and_what_the_package_needs() -> None:
    pins = {
        canonicalize_name(name): Version(version)
        for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", LOCK, re.MULTILINE)
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [Requirement(text) for text in project["dependencies"]]

    missing = [
        str(one)
        for one in needed
        if (pin := pins.get(canonicalize_name(one.name))) is None or pin not in one.specifier
    ]
    assert missing == [], "action/lock.sh writes the lock anew"
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert [block for block in blocks if "--hash=sha256:" not in block] == []
    assert len(blocks) == len(pins)


def test_every_action_is_pinned_by_its_commit_and_only_the_command_gets_a_key() -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    others = [step for step in steps if "uses" in step]

    assert others
    for step in others:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
        assert step["env"] == {"STRIPE_API_KEY": "", "STRIPE_READ_KEY": "", "PROVISIONER_NOTIFY": ""}


def test_pages_and_templates_check_out_with_one_pinned_action() -> None:
    texts = [page.read_text(encoding="utf-8") for page in [*PAGES, *ROOT.glob(".github/workflows/*.yml")]]
    used = {line for text in texts for line in re.findall(r"uses: (actions/checkout@.*)", text)}

    assert used == {CHECKOUT}
