"""The history file: whose it is, what it refuses, and what is left of it after a crash."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from provisioner.core.model.errors import AccessError, ProvisionerError
from provisioner.core.purchases.recorded import AuthorizationRecord, RecordedRequest
from provisioner.engine.purchases.history_file import HistoryOwner, open_history

OWNER = HistoryOwner("acct_1", "test")
AT = 1_790_000_000


def bought(number: int = 1) -> tuple[str, int, AuthorizationRecord]:
    request = RecordedRequest(AT, number, True, "card_active", number, number)
    words = ("ic_1", "ich_1", "book_stores", "US", "present", "usd", "usd", "Canary Books")
    return f"iauth_{number}", AT, AuthorizationRecord(*words, (request,), (), True, 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "purchases.history"
    with open_history(path, OWNER) as history:
        history.add([bought(number) for number in range(2000, 0, -1)])
        history.cover(AT - 100, AT + 100)
    return path


def amounts(path: Path) -> list[int]:
    with open_history(path, OWNER) as history:
        return [each.amount for each in history.moments(0, with_merchants=False)]


def test_it_is_its_owners_alone_and_leaves_nothing_beside_it(path: Path) -> None:
    assert amounts(path) == list(range(1, 2001))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_another_accounts_and_another_modes_is_refused_and_stays_as_it_is(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(AccessError, match=r"has the purchases of account acct_1, not acct_2"):
        open_history(path, HistoryOwner("acct_2", "test")).__enter__()
    with pytest.raises(AccessError, match=r"has the purchases of mode test, not live"):
        open_history(path, HistoryOwner("acct_1", "live")).__enter__()

    assert path.read_bytes() == before


@pytest.mark.parametrize("text", [b"version: 1\n", b"SQLite format 3\0" + b"\0" * 200])
def test_another_file_is_refused_and_stays_as_it_is(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "notes"
    path.write_bytes(text)
    path.chmod(0o644)
    with pytest.raises(ProvisionerError, match="exists and is not a purchase history; it was not changed"):
        open_history(path, OWNER).__enter__()

    assert path.read_bytes() == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_another_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE t (x)")
    with pytest.raises(ProvisionerError, match="is not a purchase history"):
        open_history(path, OWNER).__enter__()


def test_an_empty_file_becomes_a_history(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    with open_history(path, OWNER) as history:
        assert history.is_empty
    assert path.stat().st_size


def test_another_version_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA user_version=9")
    with pytest.raises(ProvisionerError, match="has format 9 of another version of provisioner"):
        open_history(path, OWNER).__enter__()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_one_that_was_cut_off_is_refused(path: Path, share: float) -> None:
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(ProvisionerError, match=r"is damaged \(.*\); delete it to read the purchases again"):
        amounts(path)


def test_one_that_was_overwritten_in_the_middle_is_refused(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(ProvisionerError, match="is damaged"):
        amounts(path)


def test_one_with_a_trigger_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TRIGGER t AFTER INSERT ON word BEGIN DELETE FROM authorization; END")
    with pytest.raises(ProvisionerError, match="it has other tables"):
        amounts(path)


def test_a_record_that_cannot_be_read_is_a_damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE authorization SET body=x'93' WHERE id='iauth_7'")
    with pytest.raises(ProvisionerError, match="is damaged"):
        amounts(path)


def test_two_runs_at_once_do_not_mix(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioner.engine.purchases.history_file.PATIENCE", 0)
    with open_history(path, OWNER), pytest.raises(ProvisionerError, match="is in use by another run"):
        open_history(path, OWNER).__enter__()


def test_what_was_not_committed_is_as_if_it_had_never_been(tmp_path: Path) -> None:
    path = tmp_path / "killed"

    def run() -> None:
        with open_history(path, OWNER) as history:
            history.add([bought(1)])
            history.cover(0, AT)
            history.commit()
            history.add([bought(2)])
            history.cover(AT, AT + 50)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        run()
    with open_history(path, OWNER) as history:
        assert list(history.gaps(0, AT + 100)) == [(AT, AT + 100)]
        assert len(list(history.moments(0, with_merchants=False))) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from test_history_file import AT, OWNER, bought
from provisioner.engine.purchases import history_file

history_file.CACHE, history_file.EVERY = -64, 1e9  # so that much of what is not committed is in the file
with history_file.open_history(Path(sys.argv[1]), OWNER) as history:
    history.add([bought(number) for number in range(3000)])
    history.cover(0, AT)
    history.commit()
    history.add([bought(number) for number in range(3000, 12000)])
    history.cover(AT, AT + 50)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills like this")
def test_a_run_that_is_killed_leaves_what_it_had_committed(tmp_path: Path) -> None:
    path = tmp_path / "killed"
    beside = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    run = subprocess.run([sys.executable, "-c", KILLED, str(path)], env=beside, check=False)
    assert run.returncode == -signal.SIGKILL
    assert Path(f"{path}-journal").exists()

    with open_history(path, OWNER) as history:
        assert list(history.gaps(0, AT + 100)) == [(AT, AT + 100)]
        assert len(list(history.moments(0, with_merchants=False))) == 3000
    assert not Path(f"{path}-journal").exists()


def test_periods_that_touch_become_one() -> None:
    with open_history(None, OWNER) as history:
        for low, high in ((0, 10), (20, 30), (40, 50), (10, 20), (5, 12), (60, 60)):
            history.cover(low, high)
        assert list(history.gaps(0, 70)) == [(30, 40), (50, 70)]
        assert list(history.gaps(5, 35)) == [(30, 35)]
        history.forget_since(25)
        assert list(history.gaps(0, 70)) == [(25, 70)]
