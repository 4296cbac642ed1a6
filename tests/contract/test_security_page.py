"""SECURITY.md names the test that holds each promise."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_page_names_exists() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w./-]+)`", page)

    assert len(set(named)) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []
