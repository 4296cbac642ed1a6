"""Pictures of all pages, at two widths, light and dark: `cd tests && python -m web.screenshots FOLDER`."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager
from pathlib import Path

from click.testing import CliRunner
from support.chromium import Tab, tab
from support.pages import ROOT

from provisioner import Project
from provisioner.app.demo import DemoReader
from provisioner.cli.commands.fleet import command as fleet_command
from provisioner.cli.commands.serve import fleet_site
from provisioner.cli.options.looking import LookOptions
from provisioner.cli.options.shared import SANDBOX_STATE
from provisioner.fleet.look import fleet_reader
from provisioner.fleet.model import FleetSource
from provisioner.web.app import EstateSite
from provisioner.web.live import LiveEstate
from provisioner.web.site import Place
from web.conftest import run

PAGES = {"overview": "/", "cards": "/cards", "purchases": "/purchases", "drift": "/drift", "plan": "/plan"}
WIDTHS = (400, 1280)
FLEET = ROOT / "examples" / "fleet"


def main(folder: Path) -> None:
    """Serve a demonstration and a fleet, and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        browser = stack.enter_context(tab(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        base, pages = stack.enter_context(_account())
        pictures(browser, base, pages, folder)
        pictures(browser, stack.enter_context(_fleet()), {"fleet": "/"}, folder)


@contextmanager
def _account() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Serve the demonstration; its address, and the pages to take pictures of."""
    ends: list[Callable[[], None]] = []
    with ExitStack() as stack:
        config = Project.load(ROOT / "examples" / "acme").config
        reader = DemoReader(lambda: config, stack, 30)
        card = next(card for card in reader.read().cards if card.declined and card.tightest)
        place = Place(config.project, "", config.mode, sandbox=True)
        yield (
            run(EstateSite(LiveEstate(reader, 0), place), ends),
            {**PAGES, "card": f"/cards/{card.id}", "empty": "/cards?q=nobody", "missing": "/nothing"},
        )
        for end in ends:
            end()


@contextmanager
def _fleet() -> Iterator[str]:
    """Serve the fleet of the examples, of which the canaries are applied; its address."""
    ends: list[Callable[[], None]] = []
    with tempfile.TemporaryDirectory() as there, chdir(there):
        words = ["apply", str(FLEET), "--sandbox", "--auto-approve", "--select", "tier=canary"]
        assert CliRunner().invoke(fleet_command, words).exit_code == 0
        with fleet_reader(FleetSource(FLEET, SANDBOX_STATE)) as reader:
            look = LookOptions(days=30, personal=False, snapshots=Path("estate.db"))
            yield run(fleet_site(reader, Place(reader.name, "", reader.mode, sandbox=True), look, 0.0), ends)
            for end in ends:
                end()


def pictures(browser: Tab, base: str, pages: Mapping[str, str], folder: Path) -> None:
    """Take a picture of each page at each width, in light and in dark colors."""
    for name, path in pages.items():
        for width in WIDTHS:
            for mode in ("light", "dark"):
                picture(
                    browser, base + path, width, folder / f"{name}-{width}-{mode}.png", dark=mode == "dark"
                )


def picture(browser: Tab, address: str, width: int, file: Path, *, dark: bool = False) -> None:
    """Take a picture of a whole page, once it is drawn."""
    browser.open(address, width, dark=dark)
    browser.press()
    browser.screenshot(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
