"""The layers of the program, from the drawing in text that the linter's contracts are held against."""

import re
from collections.abc import Iterator

from support.pages import ROOT

from pictures.svg import box, path, svg, text

WIDTH, EDGE, GAP, ROW = 960, 24, 10, 58


def source() -> str:
    """Return the drawing in text."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return page.partition("## How it is built\n")[2].partition("```text\n")[2].partition("```")[0]


def layers(drawing: str) -> list[tuple[list[str], list[str]]]:
    """Return the packages of each layer, from the top down, and the words about them."""
    rows = [re.split(r" {2,}", line) for line in drawing.partition("\n\n")[0].splitlines()]
    return [(packages.split(" | "), words.split(" | ")) for packages, words in rows]


def wings(drawing: str) -> dict[str, list[str]]:
    """Return the layers inside of the packages that have some."""
    return {
        name: inside.split(" > ") for name, inside in re.findall(r"^(\w+): +(.+)$", drawing, re.MULTILINE)
    }


def architecture() -> str:
    """Return the picture."""
    drawing = source()
    rows, inner = layers(drawing), wings(drawing)
    height = 48 + len(rows) * (ROW + GAP) + 40 + len(inner) * 40 + 16
    parts = [
        text(EDGE, 32, "A package imports only from the layers below it", "soft"),
        *_layers(rows, 48),
        *_wings(inner, 48 + len(rows) * (ROW + GAP) + 40),
    ]
    return svg(
        WIDTH, height, "The layers of provisioner, each of which imports only from those below it", parts
    )


def _layers(rows: list[tuple[list[str], list[str]]], top: float) -> Iterator[str]:
    for number, (packages, words) in enumerate(rows):
        y = top + number * (ROW + GAP)
        width = (WIDTH - 2 * EDGE - GAP * (len(packages) - 1)) / len(packages)
        for place, package in enumerate(packages):
            x = EDGE + place * (width + GAP)
            yield box(x, y, width, ROW)
            yield text(x + width / 2, y + 25, package, "name mono mid")
            if len(words) == len(packages):
                yield text(x + width / 2, y + 44, words[place], "soft mid")
        if number:
            yield path(f"M {WIDTH / 2:g} {y - GAP:g} v {GAP - 3:g} m -4 -4 l 4 4 l 4 -4")


def _wings(inner: dict[str, list[str]], top: float) -> Iterator[str]:
    yield text(EDGE, top - 12, "Inside of a package, from the top down", "soft")
    for number, (package, floors) in enumerate(inner.items()):
        y = top + number * 40
        yield text(EDGE, y + 20, package, "name mono")
        x = EDGE + 84.0
        for place, floor in enumerate(floors):
            if place:
                yield path(f"M {x - 18:g} {y + 15:g} h 14 m -4 -4 l 4 4 l -4 4")
            width = 7.9 * len(floor) + 14
            yield box(x, y, width, 30)
            yield text(x + width / 2, y + 20, floor, "mono mid")
            x += width + 22
