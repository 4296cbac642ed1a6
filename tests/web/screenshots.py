"""Pictures of all pages, at two widths, light and dark: `cd tests && python -m web.screenshots FOLDER`."""

import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from support.chromium import Tab, tab
from support.pages import ROOT

from provisioner import Project
from provisioner.app.demo import DemoReader
from provisioner.web.app import EstateSite
from provisioner.web.live import LiveEstate
from provisioner.web.site import Place
from web.conftest import run

PAGES = {"overview": "/", "cards": "/cards", "purchases": "/purchases", "drift": "/drift", "plan": "/plan"}
WIDTHS = (400, 1280)


def main(folder: Path) -> None:
    """Serve a demonstration, and take the pictures."""
    with ExitStack() as stack:
        config = Project.load(ROOT / "examples" / "acme").config
        reader = DemoReader(lambda: config, stack, 30)
        estate = reader.read()
        card = next(card for card in estate.cards if card.declined and card.tightest)
        ends: list[Callable[[], None]] = []
        place = Place(config.project, "", config.mode, sandbox=True)
        base = run(EstateSite(LiveEstate(reader, 0), place), ends)
        browser = stack.enter_context(tab(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in {**PAGES, "card": f"/cards/{card.id}"}.items():
            for width in WIDTHS:
                for mode in ("light", "dark"):
                    file = folder / f"{name}-{width}-{mode}.png"
                    picture(browser, base + path, width, file, dark=mode == "dark")
        for end in ends:
            end()


def picture(browser: Tab, address: str, width: int, file: Path, *, dark: bool = False) -> None:
    """Take a picture of a whole page, once it is drawn."""
    browser.open(address, width, dark=dark)
    browser.press()
    browser.screenshot(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
