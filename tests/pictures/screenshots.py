"""Screenshots, taken by a real Chromium of the program's own output for the example company."""

import os
import re
import shutil
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from e2e.conftest import KEY, Desk
from e2e.mixed_plan import ROOT, edit, mixed_plan
from PIL import Image
from support.chromium import Tab, tab

from pictures.comment import page
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings


def take(folder: Path) -> None:
    """Take all of them, into a folder."""
    with TemporaryDirectory() as place, running(Settings(rate_limit=False)) as base, chdir(place):
        os.environ |= {"STRIPE_API_KEY": KEY, "STRIPE_API_BASE": base}
        desk = Desk(Path(place), base)
        comment, plan = desk.folder / "comment.html", desk.folder / "plan.html"
        comment.write_text(page(checked(desk)), encoding="utf-8")
        desk.control("reset")
        shutil.rmtree(desk.folder / "acme")
        plan.write_text(desk.run("show", str(mixed_plan(desk)), "--format", "html").stdout, encoding="utf-8")
        with tab(desk.folder / "profile") as browser, demonstration() as pages:
            shoot(browser, comment.as_uri(), folder / "comment.png", 900, 1300)
            shoot(browser, plan.as_uri(), folder / "plan.png", 1200, 900)
            shoot(browser, f"{pages}/", folder / "overview.png", 1200, 1120)
            browser.open(f"{pages}/cards", 1200)
            first = browser.value("document.querySelector('tbody th a').getAttribute('href')")
            shoot(browser, pages + first, folder / "card.png", 1200, 1120)


@contextmanager
def demonstration() -> Iterator[str]:
    """Serve the example company's pages with an invented past; yield their address."""
    command = [
        sys.executable,
        "-m",
        "provisioner",
        "serve",
        str(ROOT / "examples" / "acme"),
        "--sandbox",
        "--demo",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield re.findall(r"http:[^ ]+", server.stdout.readline())[0]
        server.send_signal(signal.SIGINT)


def checked(desk: Desk) -> str:
    """Freeze a card of the example company, edit its configuration, and return the check of that."""
    shutil.copytree(ROOT / "examples" / "acme", desk.folder / "acme")
    desk.run("apply", "acme", "--auto-approve")
    desk.sdk.v1.issuing.cards.update(desk.live()["cards.social-ads"]["id"], {"status": "inactive"})
    teams = desk.folder / "acme" / "teams" / "marketing.yaml"
    edit(teams, "12,000.00 USD", "15,000.00 USD")
    edit(teams, r"(?m)^  newsletter: .*\n", "  newsletter: {use: software-card, cardholder: tom-okafor}\n")
    edit(teams, "(?m)^cards:$", "cards:\n  launch-party: {use: ads-card, cardholder: acme}")
    return desk.run("check", "acme", "--format", "markdown", code=3).stdout


def shoot(browser: Tab, address: str, file: Path, width: int, height: int) -> None:
    """Save a picture of the top of a page, sharp enough for a dense screen, in few colors."""
    browser.open(address, width)
    browser.until("!document.querySelector('[aria-busy=true]')")  # the first page waits until Stripe is read
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1.5, "mobile": False}
    browser.ask("Emulation.setDeviceMetricsOverride", **metrics)
    shot = BytesIO(b64decode(browser.ask("Page.captureScreenshot")["data"]))
    few = Image.open(shot).convert("RGB").quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(file, optimize=True)
