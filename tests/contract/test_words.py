"""Words that must not come back: in what the program says, in docstrings, and in the pages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.pages import BLOCK, PAGES, ROOT

PACKAGE = ROOT / "provisioner"
PATTERNS = {
    "is not a ...": r"(?<!here )\b(?:is|are) no (?!longer\b|(?:more|less|later|older) than\b)",
    "new, again": r"\banew\b",
    "fix": r"\bmend(?:s|ed|ing)?\b",
    "no longer in the configuration": r"\bdeclared no more\b|\bno more declared\b",
    "as far as": r"\bso far as\b",
    "none of it": r"\bnothing of (?:it|them)\b",
    "instead of": r"\bin the place of\b",
    "is": r"\bstands\b(?! for)",
    "its own": r"\bof (?:its|their) own\b",
    "unchanged": r"\bas (?:it|they) (?:is|are|stands?)\b",
    "say, tell, hear": r"\btold\b",
    "ownership metadata": r"\b(?:our|its|their) marks?\b|\bmarks only\b",
    "import": r"\b(?:to adopt|adopted|adopts|adoption)\b",
    "raises or lowers spending": r"\b(?:gives?|takes?) (?:spending )?power\b",
    "irreversible": r"\bfinal, cannot\b|\[final\]",
    "per month, per day": r"[\d)] a (?:day|week|month|year)\b|\ba month in\b",
    "changed outside of provisioner": r"\bmoved in (?:Stripe|the YAML)\b",
    "pass --allow": r"\bname the number\b",
    "completed": r"\bsteps? done\b",
    "expected a string": r"\b(?:a text is|text) wanted\b",
}
NOUN = re.compile(r"^(?:What|Which|Who|Whose|Whom|Where|How|Whether|Whatever|Whoever)\b(?!.*\?$)")


def strings(path: Path) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """The docstrings of a file, and all other strings that have a space in them."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    bodies = [body for around in nodes if isinstance(body := getattr(around, "body", None), list)]
    alone = [node.value for body in bodies for node in body if isinstance(node, ast.Expr)]
    documented = {id(value) for value in alone if isinstance(value, ast.Constant)}
    docs, said = [], []
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            (docs if id(node) in documented else said).append((node.lineno, node.value))
    return docs, said


def found(text: str) -> Iterator[str]:
    for say, pattern in PATTERNS.items():
        for match in re.finditer(pattern, text):
            yield f"{match[0]!r} (say: {say})"


def module(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_what_the_program_and_its_docstrings_say_is_plain() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        docs, said = strings(path)
        wrong += [f"{module(path)}:{line} {each}" for line, text in docs + said for each in found(text)]
        wrong += [
            f"{module(path)}:{line} opens with {match[0]!r}"
            for line, text in docs
            if (match := NOUN.match(text.strip()))
        ]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_are_plain(page: Path) -> None:
    prose = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", page.read_text(encoding="utf-8")))
    assert list(found(prose)) == []
