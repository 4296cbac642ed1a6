"""A real Chromium, driven over the DevTools protocol's pipe; no driver and no package of its own."""

import json
import os
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Json = dict[str, Any]


def chromium() -> str | None:
    """The path of an installed Chromium or Chrome, or None; raises if `BROWSER_TESTS=required`."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None and os.environ.get("BROWSER_TESTS") == "required":
        raise FileNotFoundError(f"no browser on PATH: {', '.join(NAMES)}")
    return path


class Tab:
    """One page; `events` are all that it said: requests, console messages, exceptions."""

    def __init__(self, read: int, write: int) -> None:
        self._in, self._out = os.fdopen(read, "rb"), os.fdopen(write, "wb")
        self._last, self._session = 0, ""
        self.events: list[Json] = []
        self._gone: set[str] = set()  # the pages that were open before
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")
        self.ask("Emulation.setScrollbarsHidden", hidden=True)  # a picture would be as much wider

    def ask(self, method: str, **params: Any) -> Json:
        """Send one command and wait for its answer; events that come before it are kept."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        message |= {"sessionId": self._session} if self._session else {}
        self._out.write(json.dumps(message).encode() + b"\0")
        self._out.flush()
        while (answer := self._receive()).get("id") != self._last:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _receive(self) -> Json:
        text = bytearray()
        while (byte := self._in.read(1)) != b"\0":
            assert byte, "the browser has gone"
            text += byte
        return json.loads(text)

    def open(self, page: Path | str, width: int, *, dark: bool = False) -> None:
        """Open a file or an address at a width in pixels, and wait until it is loaded."""
        self.colors(dark=dark)
        self.resize(width)
        # what the page before asked for may still be told when the next one is open
        self._gone |= {e["params"]["loaderId"] for e in self._of("Network.requestWillBeSent")}
        self.events.clear()
        self.ask("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        self.loaded()

    def colors(self, *, dark: bool) -> None:
        """Prefer dark or light colors, as a person does in the settings."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", features=scheme)

    def loaded(self) -> None:
        """Wait until a page is loaded, since the events were last cleared."""
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._receive())

    def until(self, expression: str) -> None:
        """Wait until an expression is true in the page, or in the one that follows it."""
        script = (
            "new Promise((done) => { let left = 900; const look = () => { let found = null;"
            f" try {{ found = {expression}; }} catch {{}}"
            " if (found || !left--) done(!!found); else requestAnimationFrame(look); }; look(); })"
        )
        for _ in range(10):
            try:
                result = self.ask(
                    "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
                )
            except AssertionError as error:
                if "navigated" in str(error) or "destroyed" in str(error):
                    continue
                raise
            assert result["result"].get("value"), expression
            return
        raise AssertionError("the page changes again and again")

    def resize(self, width: int) -> None:
        """Make the window as wide as so many pixels."""
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )

    def value(self, expression: str) -> Any:
        """What an expression is in the page."""
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, as a person would; a name for those that write nothing."""
        for key in keys:
            enter = {"text": "\r", "windowsVirtualKeyCode": 13}
            text = {"text": key} if len(key) == 1 else enter if key == "Enter" else {}
            self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
            self.ask("Input.dispatchKeyEvent", type="keyUp", key=key)
        drawn = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        self.ask("Runtime.evaluate", expression=drawn, awaitPromise=True, returnByValue=True)

    def screenshot(self, file: Path) -> None:
        """Save a picture of the whole page."""
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(b64decode(shot["data"]))

    def requests(self) -> list[str]:
        """The addresses that the page has asked for."""
        told = (e["params"] for e in self._of("Network.requestWillBeSent"))
        return [each["request"]["url"] for each in told if each["loaderId"] not in self._gone]

    def complaints(self) -> list[Json]:
        """What the page or the browser had to complain about."""
        names = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        return [event for name in names for event in self._of(name)]

    def _of(self, method: str) -> Iterator[Json]:
        return (event for event in self.events if event.get("method") == method)

    def close(self) -> None:
        """Let go of the pipes."""
        self._out.close()
        self._in.close()


@contextmanager
def tab(profile: Path) -> Iterator[Tab]:
    """A tab of a browser of its own, whose profile is kept in an empty folder."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    # the browser reads commands from descriptor 3 and answers on 4
    script = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
    command = [
        chromium() or "",
        *FLAGS,
        "--remote-debugging-pipe",
        f"--user-data-dir={profile}",
        "about:blank",
    ]
    browser = subprocess.Popen(
        ["bash", "-c", script, *command],
        pass_fds=(theirs_in, theirs_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        page = Tab(ours_in, ours_out)
        yield page
        page.close()
    finally:
        browser.terminate()
        browser.wait(30)
