"""Pages of documentation, cut into their blocks."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^\n]+?) -->\n)?"
    r"(?P<fence>```+)(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
FILE = re.compile(r"^# (?P<path>[\w./-]+\.ya?ml)$")
PLAYED = {"console", "sh", "python"}
CHECKED = {"yaml", "json"}
# What a reader only looks at. Nothing in them may look like a command to type.
PICTURES = {"text", "diff", "markdown"}


@dataclass(frozen=True)
class Block:
    """A fenced block: `line` is that of its first fence, `reason` says why it is not run ("" where it is)."""

    page: Path
    line: int
    language: str
    text: str
    reason: str

    def __str__(self) -> str:
        return f"{name(self.page)}:{self.line}"

    @property
    def file(self) -> str | None:
        """The file that a YAML block is, where its first line names one: `# provisioner.yaml`."""
        first = FILE.match(self.text.partition("\n")[0]) if self.language == "yaml" else None
        return first["path"] if first else None


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [_block(page, text, match) for match in BLOCK.finditer(text)]


def rewritten(page: Path, console: Callable[[Block], str]) -> str:
    """The page with the text of each ```console block that is run replaced."""
    text = page.read_text(encoding="utf-8")

    def replace(match: re.Match[str]) -> str:
        block = _block(page, text, match)
        if block.language != "console" or block.reason:
            return match[0]
        return f"{match['fence']}console\n{console(block)}{match['fence']}"

    return BLOCK.sub(replace, text)


def _block(page: Path, text: str, match: re.Match[str]) -> Block:
    line = text.count("\n", 0, match.start()) + 1
    return Block(page, line, match["language"], match["text"], match["reason"] or "")
