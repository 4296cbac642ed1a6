"""A drawing as text: boxes, words, lines; readable on light pages and on dark ones."""

from collections.abc import Iterable
from html import escape

STYLE = """\
svg { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-size: 13px }
.page { fill: #ffffff } .box { fill: #f2f4f8; stroke: #b9c0cc } .line { stroke: #6b7482; fill: none }
text { fill: #1c2330 } .soft { fill: #566072 } .name { font-weight: 600 } .mid { text-anchor: middle }
.mono { font-family: ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace }
.lowers { fill: #e3f4e6; stroke: #58a868 } .raises { fill: #fdeed8; stroke: #d8923a }
.money { fill: #e4ecfd; stroke: #5b84d8 } .curve { stroke: #c2410c; stroke-width: 2.5; fill: none }
.bound { stroke: #6b7482; stroke-dasharray: 5 4 }
@media (prefers-color-scheme: dark) {
.page { fill: #14181f } .box { fill: #212732; stroke: #4a5464 } .line { stroke: #97a1b2 }
text { fill: #e4e8ef } .soft { fill: #a4adbb }
.lowers { fill: #173322; stroke: #4f9a62 } .raises { fill: #3d2a12; stroke: #c98a3c }
.money { fill: #1b2a4a; stroke: #6d93df } .curve { stroke: #fb923c } .bound { stroke: #97a1b2 }
}"""


def svg(width: int, height: int, title: str, parts: Iterable[str]) -> str:
    """Return the file; the title is read to those who cannot see it."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    page = f'<rect class="page" width="{width}" height="{height}" rx="10"/>'
    return "\n".join(
        [head, f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", page, *parts, "</svg>\n"]
    )


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """Return one line of text; `kind` are classes of the style."""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str = "box") -> str:
    """Return a box with round corners."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" class="{kind}"/>'


def path(steps: str, kind: str = "line") -> str:
    """Return a line along the steps of a path."""
    return f'<path d="{steps}" class="{kind}"/>'
