"""Drives a headless Chromium over the WebDriver protocol, which is HTTP and JSON: no library is needed.

FORK_ORACLE_CHROMIUM and FORK_ORACLE_CHROMEDRIVER name the programs if they are not on the PATH, and FORK_ORACLE_AXE the file
axe.min.js of axe-core if it is not where `npm install --prefix build axe-core` puts it.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[2]
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--hide-scrollbars",
)  # fmt: skip
STARTS_WITHIN, ANSWERS_WITHIN = 60, 20  # seconds


def programs() -> tuple[str, str] | None:
    """Chromium and its driver, or None if one of them is missing."""
    browser = os.environ.get("FORK_ORACLE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    driver = os.environ.get("FORK_ORACLE_CHROMEDRIVER") or shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


def axe() -> Path | None:
    """The checker of accessibility, or None."""
    named = os.environ.get("FORK_ORACLE_AXE")
    places = [Path(named)] if named else [ROOT / folder / "node_modules/axe-core/axe.min.js" for folder in ("build", ".")]
    return next((place for place in places if place.is_file()), None)


class Browser:
    """One window."""

    def __init__(self, address: str, session: str) -> None:
        self._address = f"{address}/session/{session}"

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """One command of the protocol."""
        return _ask(self._address + path, method, body)

    def open(self, page: Path, fragment: str = "") -> None:
        """Load a page from disk, anew even if only its fragment is another."""
        self.ask("POST", "/url", {"url": "about:blank"})
        self.ask("POST", "/url", {"url": page.as_uri() + fragment})

    def resize(self, width: int, height: int) -> None:
        """Make the viewport so wide and high, also narrower than a window can be."""
        body = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.tell("Emulation.setDeviceMetricsOverride", **body)

    def tell(self, command: str, **parameters: object) -> Any:
        """A command of the developer tools."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def run(self, script: str, *arguments: object) -> Any:
        """Run a function body in the page."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def until(self, script: str, wanted: object) -> None:
        """Run a script until it gives what is wanted; AssertionError if it never does."""
        until = time.monotonic() + ANSWERS_WITHIN
        while (got := self.run(script)) != wanted:
            assert time.monotonic() < until, f"{script} gives {got!r}, never {wanted!r}"
            time.sleep(0.05)

    def wait_for(self, script: str) -> Any:
        """Run a script whose promise is waited for."""
        wrapped = f"const done = arguments[0]; Promise.resolve((async () => {{ {script} }})()).then(done);"
        return self.ask("POST", "/execute/async", {"script": wrapped, "args": []})

    def type(self, selector: str, text: str) -> None:
        """Type into an element as a person would."""
        found = self.ask("POST", "/element", {"using": "css selector", "value": selector})
        (ident,) = found.values()
        self.ask("POST", f"/element/{ident}/value", {"text": text})

    def press(self, key: str) -> None:
        """Press a key where the focus is."""
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": keys}]})

    def said(self) -> list[str]:
        """What the console has got since it was asked last, all but the debugger's chatter."""
        return [one["message"] for one in self.ask("POST", "/se/log", {"type": "browser"}) if one["level"] != "DEBUG"]

    def picture(self, file: Path) -> None:
        """A picture of what the window shows."""
        file.write_bytes(base64.b64decode(self.ask("GET", "/screenshot")))


def _ask(url: str, method: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method)  # our own driver
    with urlopen(request, timeout=120) as answer:
        return json.load(answer)["value"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with a profile of its own, for as long as it is needed."""
    found = programs()
    assert found is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, tempfile.TemporaryFile() as log:
        driver = subprocess.Popen([found[1], f"--port={port}"], stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, driver)
            options = {"binary": found[0], "args": [*FLAGS, f"--user-data-dir={profile}"]}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            made = _ask(f"{address}/session", "POST", {"capabilities": {"alwaysMatch": wanted}})
            try:
                yield Browser(address, made["sessionId"])
            finally:
                _ask(f"{address}/session/{made['sessionId']}", "DELETE")
        finally:
            driver.terminate()
            driver.wait(30)


def _wait(address: str, driver: subprocess.Popen[bytes]) -> None:
    """Until the driver answers."""
    until = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            _ask(f"{address}/status", "GET")
            return
        except (URLError, ConnectionError):
            if driver.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)
