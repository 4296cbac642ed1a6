"""The distribution: what is in it, what it says on the package index, and which release the pages name."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from hatchling import build
from support.command import environ
from support.pages import PAGES, ROOT

from provisioner._version import __version__
from provisioner.cli.templates import REF

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RELEASE = re.compile(r"(?:provisioner(?:\.git)?@|rev: )(v?\d[\w.]*)")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the sdist, without an isolated environment."""
    folder, before = tmp_path_factory.mktemp("dist"), Path.cwd()
    os.chdir(ROOT)
    try:
        wheel, sdist = build.build_wheel(str(folder)), build.build_sdist(str(folder))
    finally:
        os.chdir(before)
    return folder / wheel, folder / sdist


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as zipped:
        (name,) = (name for name in zipped.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(zipped.read(name).decode())


def test_every_page_and_template_names_the_release_that_this_version_makes() -> None:
    named = {page.name: RELEASE.findall(page.read_text(encoding="utf-8")) for page in PAGES}

    assert f"v{__version__}" == REF
    assert {release for found in named.values() for release in found} == {REF}
    assert len(named["ci.md"]) >= 3


def test_the_readme_leads_from_the_package_index_to_the_repository_as_released(built) -> None:
    shown = metadata(built[0]).get_payload()
    there = f"{PYPROJECT['project']['urls']['Source']}/blob/{REF}/"
    links = re.findall(r"\]\(([^)\s]+)", shown)

    assert f"{there}docs/tutorial.md" in links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    for link in links:
        path = link.removeprefix(there).partition("#")[0]
        assert path == link.partition("#")[0] or (ROOT / path).exists(), link


def test_the_index_is_told_what_it_shows_and_filters_by(built) -> None:
    told = metadata(built[0])
    pythons = {each.rpartition(" ")[2] for each in told.get_all("Classifier", []) if "Python :: 3." in each}

    assert (told["Name"], told["Version"]) == ("issuing-provisioner", __version__)
    assert pythons == {"3.11", "3.12", "3.13", "3.14"}
    assert {"Source", "Documentation", "Changelog", "Issues"} <= {
        each.partition(",")[0] for each in told.get_all("Project-URL", [])
    }
    assert told["Description-Content-Type"] == "text/markdown"


def test_the_sdist_has_what_a_build_needs_and_no_tests(built) -> None:
    with tarfile.open(built[1]) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}

    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "provisioner/cli/main.py"} <= names
    assert [name for name in names if name.startswith(("tests", ".ci", "docs"))] == []


def test_the_wheel_has_the_package_alone(built) -> None:
    with zipfile.ZipFile(built[0]) as zipped:
        tops = {name.partition("/")[0] for name in zipped.namelist()}

    assert tops == {"provisioner", f"issuing_provisioner-{__version__}.dist-info"}


def test_the_wheel_alone_plans_an_example(built, tmp_path: Path) -> None:
    shutil.unpack_archive(built[0], tmp_path / "site", "zip")
    plan = ("plan", str(ROOT / "examples" / "b2b-payments"), "--sandbox")
    # neither the folder where it is run nor this checkout, whose place is in site-packages
    command = [sys.executable, "-P", "-m", "provisioner", *plan]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environ() | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "Plan: 2 to create" in done.stdout
    asked = [sys.executable, "-P", "-c", "import provisioner; print(provisioner.__file__)"]
    where = subprocess.run(
        asked, env={"PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True, check=True
    )
    assert where.stdout.startswith(str(tmp_path))
