"""Something else is in the place of a file that is written: a link, a pipe, a second name, a file for all."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from e2e.conftest import BARE_CARD, COMPANY
from support.command import provisioner

from provisioner.cli.main import main

ROOT = Path(__file__).parents[2]
VALUABLE = "keep this\n"
PROJECT = "version: 1\nproject: desk\n" + COMPANY + BARE_CARD
FLEET = "version: 1\nfleet: shops\nmode: test\nconfiguration: shop\nroster: shops.csv\n"
PLAN, APPLY = ("plan", "--sandbox"), ("apply", "--sandbox", "--auto-approve")
FLEET_PLAN, FLEET_APPLY = (("fleet", words[0], ".fleet", *words[1:]) for words in (PLAN, APPLY))

# what is written, by which command
WRITTEN = {
    ".provisioner/journal.jsonl": APPLY,
    ".provisioner/sandbox.db": PLAN,
    ".provisioner/sandbox.db-wal": PLAN,
    ".provisioner/sandbox.db-shm": PLAN,
    ".provisioner/sandbox.db-journal": PLAN,
    "served.db": ("sandbox", "serve", "--state", "served.db"),
    "served.db-wal": ("sandbox", "serve", "--state", "served.db"),
    "a.cache": (*PLAN, "--cache", "a.cache"),
    ".provisioner/a.cache": ("drift", "--sandbox", "--cache", ".provisioner/a.cache"),
    "plan.json": (*PLAN, "--out", "plan.json"),
    "purchases.history": (*PLAN, "--backtest", "9d", "--history", "purchases.history"),
    "purchases.history-journal": (*PLAN, "--backtest", "9d", "--history", "purchases.history"),
    "schema.json": ("schema", "--out", "schema.json"),
    "junit.xml": ("test", "--offline", "--generate", "--junit", "junit.xml"),
    "report.jsonl": (*FLEET_PLAN, "--report", "report.jsonl"),
    "report.html": (*FLEET_PLAN, "--report", "report.html"),
    "new/.gitignore": ("init", "new"),
    "new/provisioner.yaml": ("init", "new"),
    "new/.github/workflows/provisioner.yml": ("init", "new"),
}
PRIVATE = sorted(file for file, words in WRITTEN.items() if words[0] not in ("init", "schema"))
# replaced as a whole, so that another name of the old file keeps the old text
REPLACED = ("a.cache", ".provisioner/a.cache", "plan.json", "junit.xml")


@pytest.fixture
def valuable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that nothing may write to, beside a project and a fleet."""
    monkeypatch.chdir(tmp_path)
    for file, text in {
        "provisioner.yaml": PROJECT,
        ".fleet/shop/provisioner.yaml": PROJECT,
        ".fleet/fleet.yaml": FLEET,
        ".fleet/shops.csv": "account,name\nacct_1Shop,shop\n",
        "valuable": VALUABLE,
    }.items():
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(text, encoding="utf-8")
    Path("valuable").chmod(0o644)
    return tmp_path / "valuable"


def run(*words: str, code: int | None = 0) -> Result:
    """Run a command; `code` is the exit code that it must end with (None: any)."""
    ended = CliRunner().invoke(main, words, catch_exceptions=False)
    assert code is None or ended.exit_code == code, ended.output
    return ended


def refused(file: str, why: str) -> None:
    """The command that writes `file` ends with an error in words that names it."""
    said = run(*WRITTEN[file], code=1).stderr

    assert f"{file} {why}" in said


def untouched(valuable: Path) -> bool:
    mode = stat.S_IMODE(valuable.stat().st_mode)
    return (valuable.read_text(encoding="utf-8"), mode) == (VALUABLE, 0o644)


@pytest.mark.parametrize("file", WRITTEN)
def test_a_link_is_not_followed(valuable: Path, file: str) -> None:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).symlink_to(valuable)
    if file == "new/provisioner.yaml" or file.endswith("workflows/provisioner.yml"):
        run(*WRITTEN[file])  # what is there is kept
    else:
        refused(file, "is a symbolic link")

    assert untouched(valuable)


@pytest.mark.parametrize("file", WRITTEN)
def test_a_link_to_nowhere_makes_nothing_there(valuable: Path, file: str) -> None:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).symlink_to(valuable.with_name("made"))
    run(*WRITTEN[file], code=1)
    assert not valuable.with_name("made").exists()


@pytest.mark.parametrize("file", PRIVATE)
def test_a_second_name_of_another_file_is_not_written_through(valuable: Path, file: str) -> None:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    if file in REPLACED:
        valuable.write_text("", encoding="utf-8")
        Path(file).hardlink_to(valuable)
        run(*WRITTEN[file], code=None)
        assert valuable.read_text(encoding="utf-8") == ""
    else:
        Path(file).hardlink_to(valuable)
        refused(file, "has another name (a hard link)")
        assert untouched(valuable)


@pytest.mark.parametrize("file", [*PRIVATE, "new/.gitignore"])
@pytest.mark.usefixtures("valuable")
def test_a_pipe_is_refused_at_once(file: str, commands: Path) -> None:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(file)
    ended = provisioner(
        *WRITTEN[file], cwd=Path(), commands=commands
    )  # in a process that is ended should it wait

    assert (ended.returncode, ended.stderr.count("Traceback")) == (1, 0), ended.stderr
    assert f"{file} is not a regular file" in ended.stderr


@pytest.mark.parametrize("file", PRIVATE)
@pytest.mark.usefixtures("valuable")
def test_what_is_written_is_its_owners_alone_whatever_was_there(file: str) -> None:
    if file.startswith("served"):
        return  # see below
    if not file.endswith(("-wal", "-shm", "-journal")):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).touch()
        Path(file).chmod(0o666)
    run(*WRITTEN[file], code=None)

    for path in [*Path(".provisioner").glob("*"), Path(file)]:
        assert not path.exists() or stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not Path(".provisioner").exists() or stat.S_IMODE(Path(".provisioner").stat().st_mode) == 0o700


@pytest.mark.usefixtures("valuable")
def test_a_folder_of_the_programs_own_that_is_a_link_is_not_followed() -> None:
    Path("elsewhere").mkdir()
    Path(".provisioner").symlink_to("elsewhere")
    for words in (PLAN, APPLY, WRITTEN[".provisioner/a.cache"], ("sandbox", "reset")):
        assert ".provisioner is a file or a link, not a folder" in run(*words, code=1).stderr

    assert list(Path("elsewhere").iterdir()) == []


@pytest.mark.usefixtures("valuable")
def test_a_folder_behind_a_link_gets_no_workflow() -> None:
    Path("elsewhere").mkdir()
    Path("new").mkdir()
    Path("new/.github").symlink_to("../elsewhere")

    assert "is behind a symbolic link" in run("init", "new", code=1).stderr
    assert list(Path("elsewhere").iterdir()) == []


def test_an_apply_without_its_journal_writes_nothing(valuable: Path) -> None:
    Path(".provisioner").mkdir()
    Path(".provisioner/journal.jsonl").symlink_to(valuable)
    run(*APPLY, code=1)
    Path(".provisioner/journal.jsonl").unlink()

    assert "Plan: 2 to create" in run(*PLAN).stdout


@pytest.mark.usefixtures("valuable")
def test_the_state_of_a_served_sandbox_is_its_owners_alone() -> None:
    Path("served.db").touch()
    Path("served.db").chmod(0o644)
    words = [sys.executable, "-m", "provisioner", *WRITTEN["served.db"]]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout.readline().startswith("Sandbox ready")
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in Path().glob("served.db*")}
        serving.terminate()

    assert modes == dict.fromkeys(["served.db", "served.db-wal", "served.db-shm"], "0o600")


@pytest.mark.usefixtures("valuable")
def test_a_stream_of_the_process_gets_the_plan_as_it_is() -> None:
    piped = provisioner(*PLAN, "--out", "/dev/stdout", cwd=Path()).stdout

    assert '"format_version"' in piped
    assert Path("/dev/stdout").is_symlink()


def test_files_are_written_in_one_place_only() -> None:
    """Whoever opens a file to write it does so through `engine/private_file.py`."""
    writes = re.compile(
        r"\.write_(?:text|bytes)\(|os\.open\((?!os\.devnull)[^)]*O_(?:WRONLY|RDWR|CREAT)|mkstemp|fcntl"
        r"|(?<!Path\(os\.devnull\)\.)\bopen\([^)]*[\"'][wax]b?\+?[\"']"
    )
    allowed = {
        "provisioner/engine/private_file.py",
        "provisioner/sandbox/sdk_types.py",  # this repository's own data
        "provisioner/chaos/estate/runs.py",  # into a temporary folder of its own
        "action/job.py",  # files that GitHub names
    }
    files = [path for folder in ("provisioner", "action") for path in (ROOT / folder).rglob("*.py")]
    writing = {
        str(path.relative_to(ROOT)) for path in files if writes.search(path.read_text(encoding="utf-8"))
    }

    assert writing <= allowed
