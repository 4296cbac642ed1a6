"""docs/messages.md quotes what the program says, and has every guardrail."""

import ast
import re
from collections.abc import Iterator

from support.pages import PAGES, ROOT, blocks

from provisioner.core.plan.document import GUARDRAILS

PAGE = ROOT / "docs" / "messages.md"
ROW = re.compile(r"^\| `(.+?)` \| (.+) \| (.+) \|$", re.MULTILINE)
HOLE = re.compile(r"(?<!\$)\{\w*\}|%(?:s|d|r|\.0f)")
GAP = "\0"
LEAST = 8  # characters that a message can be found by


def said() -> Iterator[str]:
    """Every string of the package but docstrings, with a gap for each part that differs."""
    for file in sorted((ROOT / "provisioner").rglob("*.py")):
        nodes = [*ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else GAP for part in node.values)
                yield "".join(map(str, parts))
            elif (
                isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
            ):
                yield HOLE.sub(GAP, node.value)


def printed() -> Iterator[str]:
    """Every line that a page shows; a test plays them."""
    for page in PAGES:
        for block in blocks(page) if page != PAGE else ():
            yield from block.text.splitlines()


MESSAGES = [match[1] for match in ROW.finditer(PAGE.read_text(encoding="utf-8"))]


def pieces(message: str) -> list[str]:
    """What stands between the parts that differ."""
    return [piece.strip() for piece in message.split("...")]


def test_every_message_is_one_that_the_program_prints() -> None:
    texts = [*said(), *printed()]
    wanted = {message: re.compile(".*".join(map(re.escape, pieces(message)))) for message in MESSAGES}

    assert [each for each, pattern in wanted.items() if not any(map(pattern.search, texts))] == []
    assert [each for each in MESSAGES if max(map(len, pieces(each))) < LEAST] == []


def test_every_row_is_read_and_no_message_is_there_twice() -> None:
    rows = re.findall(r"^\| `", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(rows) == len(MESSAGES) > 90
    assert sorted(MESSAGES) == sorted(set(MESSAGES))


def test_every_guardrail_is_there() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("\n## Guardrails\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"--allow (\w+)=", section)) | set(re.findall(r"guardrails\.(\w+)", section))

    assert named == {*GUARDRAILS, "require_approval"}
