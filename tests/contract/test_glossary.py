"""docs/glossary.md: one word, one meaning; and the pages that it points to are the right ones."""

import re

from support.pages import ROOT

from provisioner.core.diff.change import Action
from provisioner.kinds import KINDS

TABLES = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").split("\n## ")[1:]
ROW = re.compile(r"^\| ((?!word \||-)[^|]+) \| .+ \|$", re.MULTILINE)
WORDS = [ROW.findall(table) for table in TABLES]


def test_a_word_has_one_meaning_and_is_found_by_the_alphabet() -> None:
    every = [word.lower() for words in WORDS for word in words]

    assert len(every) == len(set(every)) > 70
    assert [words for words in WORDS if words != sorted(words, key=str.lower)] == []


def test_every_kind_and_every_action_is_there() -> None:
    every = {word.replace("-", " ") for words in WORDS for word in words}
    actions = {"create": "change", "update": "update in place", "adopt": "import"}

    assert {kind.name.replace("_", " ") for kind in KINDS} - every == set()
    assert {actions.get(str(action), str(action).replace("_", " ")) for action in Action} - every == set()
