"""Streams of other encodings: nothing crashes, and a sign that cannot be shown is the currency's name."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.command import environ

TEXT = """\
version: 1
project: signs
cardholders:
  zoe:
    type: company
    name: Zoë Łukasz
    billing: {address: {line1: Weg 1, city: Köln, postal_code: "50667", country: DE}}
cards:
  eu:
    cardholder: zoe
    type: virtual
    currency: eur
    status: active
    metadata: {note: "日本"}
    spending_controls: {spending_limits: [{amount: "2,000.00 EUR", interval: monthly}]}
  uk:
    cardholder: zoe
    type: virtual
    currency: gbp
    spending_controls: {spending_limits: [{amount: "2,000.00 GBP", interval: monthly}]}
guardrails: {max_exposure_added: "1.00 EUR"}
"""
SIGNS = {
    "ascii": ("EUR 2,000.00", "GBP 2,000.00"),
    "cp437": ("EUR 2,000.00", "£2,000.00"),
    "cp1252": ("€2,000.00", "£2,000.00"),
    "utf-8": ("€2,000.00", "£2,000.00"),
}


def run(folder: Path, encoding: str, *words: str, **env: str) -> tuple[str, str, int]:
    """A command in a process of its own: stdout and stderr, read as they were to be written, and its code."""
    done = subprocess.run(
        [sys.executable, "-m", "provisioner", *words],
        cwd=folder,
        env=environ(**{"PYTHONIOENCODING": encoding, **env}),
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.stdout.decode(encoding), done.stderr.decode(encoding), done.returncode


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.yaml").write_text(TEXT, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("encoding", SIGNS)
def test_a_plan_has_the_signs_that_its_encoding_has(folder: Path, encoding: str):
    plan, said, code = run(folder, encoding, "plan", "--sandbox")

    assert code == 0
    assert "Error" not in said
    assert all(f"[{sign} (200000) per month]" in plan for sign in SIGNS[encoding])
    assert "?" not in plan
    assert "日本" in plan or "\\u65e5\\u672c" in plan


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_others_read_as_utf_8_is_so(folder: Path, encoding: str):
    for format_ in ("markdown", "html", "json"):
        text, _, code = run(folder, encoding, "plan", "--sandbox", "--format", format_)
        assert code == 0
        assert text.isascii()


def test_an_error_loses_no_sign_either(folder: Path):
    plan, said, code = run(folder, "ascii", "apply", "--sandbox", "--auto-approve")

    assert code == 3
    assert "added monthly exposure of EUR 2,000.00 exceeds max_exposure_added (EUR 1.00)" in said
    assert "EUR 2,000.00" in plan


def test_where_no_language_is_set_up(folder: Path):
    bare = {"LC_ALL": "C", "PYTHONIOENCODING": "", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    plan, _, code = run(folder, "ascii", "plan", "--sandbox", **bare)

    assert code == 0
    assert "[EUR 2,000.00 (200000) per month]" in plan


def test_an_export_is_yaml_that_can_be_read_again(folder: Path):
    text = TEXT.replace("eur", "usd").replace("EUR", "USD").partition("  uk:")[0]
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    applied = run(folder, "cp1252", "apply", "--sandbox", "--auto-approve")
    assert applied[2] == 0, applied

    exported, _, _ = run(
        folder, "utf-8", "export", "--sandbox", "--project", "signs", PYTHONIOENCODING="cp1252"
    )

    assert "city: Köln" in exported
    assert "日本" in exported
