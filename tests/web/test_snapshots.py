"""What is remembered of each reading: lines over time, nothing personal, not more than is needed."""

import logging
import sqlite3
import stat
from contextlib import closing

import pytest
import requests
from msgspec.structs import replace
from support.command import provisioner

from provisioner.app.estate import EstateReader
from provisioner.app.recorded_estate import RecordedReader
from provisioner.core.model.errors import ProvisionerError
from provisioner.engine.snapshots import forget, record
from provisioner.web.report import report_html
from web.conftest import CONFIGURATION, NAMES

DAY = 86_400


def rows(path, sql):
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


@pytest.fixture
def estate(shop):
    return EstateReader(lambda: shop.account, days=30, personal=True).read()


def test_the_second_reading_draws_lines(shop, tmp_path):
    path = tmp_path / "estate.db"
    first = RecordedReader(EstateReader(lambda: shop.account, days=30), path, "report").read()
    requests.post(f"{shop.base}/_sandbox/clock", json={"advance": 1}, timeout=10)
    second = RecordedReader(EstateReader(lambda: shop.account, days=30), path, "report").read()

    assert "Over time" not in report_html(first)
    assert "Over time" in report_html(second)
    assert [each.balances["usd"] for each in second.past] == [first.balances[0].available] * 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_card_is_written_again_only_when_it_has_changed_and_nobody_is_named(estate, tmp_path):
    path = tmp_path / "estate.db"
    record(path, estate, "serve")
    record(path, replace(estate, now=estate.now + 60), "serve")
    changed = tuple(
        replace(card, status="canceled") if card.name == "tools" else card for card in estate.cards
    )
    record(path, replace(estate, now=estate.now + 120, cards=changed), "serve")
    kept = rows(path, "SELECT since, until FROM card WHERE until IS NOT NULL")

    assert len(rows(path, "SELECT * FROM reading")) == 3
    assert len(rows(path, "SELECT * FROM card")) == len(estate.cards) + 1
    assert kept == [(estate.now, estate.now + 120)]
    assert not [name for name in NAMES if name.encode() in path.read_bytes()]


def test_of_days_that_are_over_the_last_reading_is_kept(estate, tmp_path):
    path, noon = tmp_path / "estate.db", estate.now // DAY * DAY + DAY // 2
    for hours in range(0, 24 * 6, 4):
        past = record(path, replace(estate, now=noon + hours * 3_600), "serve")
    days = [at // DAY for (at,) in rows(path, "SELECT at FROM reading ORDER BY at")]

    assert sorted(set(days)) == list(range(noon // DAY, noon // DAY + 7))[: len(set(days))]
    assert all(days.count(day) == 1 for day in days if day < days[-1] - 1)
    assert days.count(days[-2]) > 1
    assert past[-1].at == noon + 140 * 3_600
    assert [each.at for each in past] == sorted(each.at for each in past)


def test_pages_that_stay_open_are_not_remembered_at_every_look(estate, tmp_path):
    path = tmp_path / "estate.db"
    for seconds in (0, 60, 120, 901):
        record(path, replace(estate, now=estate.now + seconds), "serve", 900)

    assert len(rows(path, "SELECT * FROM reading")) == 2


def test_accounts_are_kept_apart(estate, tmp_path):
    path = tmp_path / "estate.db"
    record(path, estate, "serve")

    assert len(record(path, replace(estate, account="acct_other"), "serve")) == 1


def test_a_file_of_others_is_left_alone_and_said(shop, estate, tmp_path, caplog):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE precious (x)")
    before = path.read_bytes()
    with pytest.raises(ProvisionerError, match="not a file of snapshots"):
        record(path, estate, "serve")
    with caplog.at_level(logging.WARNING, "provisioner"):
        seen = RecordedReader(EstateReader(lambda: shop.account, days=30), path, "serve").read()

    assert path.read_bytes() == before
    assert seen.past == ()
    assert "figures were not stored" in caplog.text


def test_one_command_forgets_all(estate, tmp_path, commands):
    path = tmp_path / ".provisioner" / "estate.db"
    record(path, estate, "serve")
    ended = provisioner("serve", "--forget", cwd=tmp_path, commands=commands)

    assert ended.stdout == "Deleted .provisioner/estate.db.\n"
    assert list(path.parent.glob("estate.db*")) == []
    assert forget(path) is False


def test_apply_and_drift_remember_if_asked_and_drift_reads_once(tmp_path, commands):
    def ran(*words):
        return provisioner(*words, "--sandbox", cwd=tmp_path, commands=commands)

    (tmp_path / "provisioner.yaml").write_text(CONFIGURATION, encoding="utf-8")
    path = tmp_path / ".provisioner" / "estate.db"
    plain = ran("apply", "--auto-approve")
    before = path.exists()
    applied = ran("apply", "--auto-approve", "--snapshot")
    looked = ran("drift", "--snapshot", "-v")
    sources = [source for (source,) in rows(path, "SELECT source FROM reading ORDER BY number")]
    path.write_bytes(b"of somebody else")
    spoiled = ran("apply", "--auto-approve", "--snapshot")

    assert (plain.returncode, applied.returncode, looked.returncode, spoiled.returncode) == (0, 0, 0, 0)
    assert before is False
    assert sources == ["apply", "drift"]
    assert looked.stderr.count("GET /v1/issuing/cards") == 1
    assert "/v1/events" not in looked.stderr
    assert "figures were not stored" in spoiled.stderr
    assert path.read_bytes() == b"of somebody else"
