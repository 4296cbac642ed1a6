"""The YAML language server that editors use, spoken to over its standard input and output."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def language_server() -> str | None:
    """The path of `yaml-language-server` (npm), if it is installed, or named in YAML_LANGUAGE_SERVER."""
    return os.environ.get("YAML_LANGUAGE_SERVER") or shutil.which("yaml-language-server")


class Editor:
    """One editor with one file open; `text` is what is in it."""

    def __init__(self, server: subprocess.Popen[bytes]) -> None:
        self._server, self._last = server, 0
        self._uri = ""
        self.problems: list[Json] | None = None
        self.ask("initialize", processId=None, rootUri=None, capabilities=CAPABILITIES)
        self._send({"method": "initialized", "params": {}})

    def open(self, file: Path, text: str) -> None:
        """Open a file, and wait until the server has said what is wrong with it."""
        self._uri, self.problems = file.as_uri(), None
        document = {"uri": self._uri, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while self.problems is None:
            self._receive()

    def at(self, what: str, line: int, column: int) -> Any:
        """The server's answer to `hover` or `completion` at a place, both counted from 0."""
        place = {"textDocument": {"uri": self._uri}, "position": {"line": line, "character": column}}
        return self.ask(f"textDocument/{what}", **place)

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request and return its result."""
        self._last += 1
        self._send({"id": self._last, "method": method, "params": params})
        while (answer := self._receive()).get("id") != self._last or "method" in answer:
            pass
        assert "error" not in answer, answer
        return answer.get("result")

    def _send(self, message: Json) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self._server.stdin.flush()

    def _receive(self) -> Json:
        length = 0
        while line := self._server.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has gone"
        message: Json = json.loads(self._server.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            if message["params"]["uri"] == self._uri:
                self.problems = message["params"]["diagnostics"]
        elif "id" in message and "method" in message:
            items = message["params"].get("items", []) if isinstance(message["params"], dict) else []
            result = [_settings(item.get("section")) for item in items]
            self._send({"id": message["id"], "result": result or None})
        return message


CAPABILITIES = {
    "workspace": {"configuration": True},
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
        "hover": {"contentFormat": ["markdown"]},
    },
}


def _settings(section: str) -> Json:
    # nothing from the network: the schema is a file
    yaml = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}
    return yaml if section == "yaml" else {}


@contextmanager
def editor() -> Iterator[Editor]:
    """An editor with a language server of its own."""
    server = subprocess.Popen(
        [language_server() or "", "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Editor(server)
    finally:
        server.kill()
        server.communicate()
