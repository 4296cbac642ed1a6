"""The pictures in docs/: drawings are up to date, and every picture is on a page, with words for it."""

import re
from pathlib import Path

import pytest
from pictures import PICTURES
from pictures.drawings import DRAWINGS
from pictures.plan_order import PHASES
from support.pages import PAGES

from provisioner.core.plan.call import Phase

SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_what_its_source_says(name: str, request: pytest.FixtureRequest) -> None:
    """`python -m pictures` in tests/ draws it again."""
    drawn = DRAWINGS[name]()
    if request.config.getoption("--update-golden"):
        (PICTURES / name).write_text(drawn, encoding="utf-8")

    assert (PICTURES / name).read_text(encoding="utf-8") == drawn


def test_the_phases_are_drawn_in_their_order() -> None:
    assert list(PHASES) == list(Phase)


def test_every_picture_is_shown_and_described() -> None:
    shown = {
        (page.parent / path).resolve(): words
        for page in PAGES
        for words, path in SHOWN.findall(page.read_text(encoding="utf-8"))
    }

    assert {Path(file) for file in PICTURES.iterdir()} == set(shown)
    assert [path for path, words in shown.items() if len(words) < 20] == []
