"""A real browser without a window: Debian's chromium, steered over its debugging pipe, cut off from every network."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# What it does by itself is off, so that what is left is asked by the page.
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--disable-extensions",
    "--disable-default-apps", "--disable-domain-reliability", "--metrics-recording-only", "--no-pings",
    "--disable-features=NetworkTimeServiceQuerying,OptimizationHints,MediaRouter,Translate",
)  # fmt: skip
# The browser reads commands from its descriptor 3 and answers on 4.
_START = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'


class Network:
    """All there is of a network: a place where every name and every proxy leads. It counts who comes, and says nothing.

    Attributes
    ----------
    asked : the first line of each who came, but for what the browser asks its maker by itself.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                came, _ = self._socket.accept()
                # Some connect in advance, and ask later or never.
                threading.Thread(target=self._hear, args=(came,), daemon=True).start()

    def _hear(self, came: socket.socket) -> None:
        with came, contextlib.suppress(OSError):
            line = came.recv(1000).decode(errors="replace").partition("\r\n")[0]
            if line and ".google.com" not in line:
                self.asked.append(line)

    def close(self) -> None:
        self._socket.close()


class Browser:
    """One page. What it asks and complains of is kept.

    Attributes
    ----------
    requests : the addresses that were asked for since `open`, the page's own among them.
    complaints : errors and warnings of the console, blocked requests among them.
    """

    def __init__(self, folder: Path, network: Network) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._seen: set[str] = set()
        self._count = 0
        self._rest = b""
        commands, self._write = os.pipe()
        self._read, answers = os.pipe()
        assert CHROMIUM is not None
        where = f"127.0.0.1:{network.port}"
        self._process = subprocess.Popen(
            ["bash", "-c", _START, "bash", str(commands), str(answers), CHROMIUM, *_QUIET,
             f"--user-data-dir={folder}", f"--proxy-server=http://{where}", f"--host-resolver-rules=MAP * {where}",
             "--proxy-bypass-list=<-loopback>", "--remote-debugging-pipe", "about:blank"],
            pass_fds=(commands, answers), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        os.close(commands)
        os.close(answers)
        self._session = ""
        pages = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in pages if target["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A method of the DevTools protocol, and its result. Raises AssertionError where it is refused."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._count:
            pass
        assert "error" not in answer, answer["error"]
        found: dict[str, Any] = answer["result"]
        return found

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            data = os.read(self._read, 1 << 16)
            assert data, "the browser has ended"
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, params: dict[str, Any]) -> None:
        self._seen.add(method)
        match method:
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Log.entryAdded":
                self.complaints.append(params["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(params["exceptionDetails"]["text"])
            case "Runtime.consoleAPICalled":
                self.complaints.append(str(params["args"]))

    def open(self, path: Path) -> None:
        """Load a file, to the end of all that it asks for."""
        self.requests.clear()
        self.complaints.clear()
        self._seen.clear()
        self.call("Page.navigate", url=path.as_uri())
        while "Page.loadEventFired" not in self._seen:
            self._receive()

    def look(self, width: int = 1400, height: int = 1000, dark: bool = False) -> None:
        """Have a window of so many pixels, and a person who likes it light or dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)
        self.call("Emulation.setScrollbarsHidden", hidden=True)  # which take room in a window and none in a picture

    def value(self, expression: str) -> Any:
        """What JavaScript says of the page, which need not allow scripts of its own."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def picture(self) -> NDArray[np.uint8]:
        """The whole page as it is drawn, [height, width, 3]."""
        from PIL import Image

        data = base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._read)
        os.close(self._write)


@contextlib.contextmanager
def browsing(folder: Path) -> Iterator[tuple[Browser, Network]]:
    """A browser with a profile of its own in `folder`, and the network that it has."""
    network = Network()
    try:
        browser = Browser(folder, network)
        try:
            yield browser, network
        finally:
            browser.close()
    finally:
        network.close()
