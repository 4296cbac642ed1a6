"""The extension for VS Code starts the language server, and SchemaStore would take our entry."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from provisioner.cli.main import COMMANDS

EDITORS = Path(__file__).parents[2] / "editors"
STUBS = {
    "vscode": """
const settings = { command: "${workspaceFolder}/bin/provisioner", arguments: ["--env", "dev"] };
exports.workspace = {
  getConfiguration: () => ({ get: (name) => settings[name] }),
  workspaceFolders: [{ uri: { fsPath: "/work" } }],
};
""",
    "vscode-languageclient/node": """
exports.TransportKind = { stdio: 0 };
exports.LanguageClient = class {
  constructor(...given) { this.given = given; }
  start() { console.log(JSON.stringify(this.given)); }
  stop() { console.log(JSON.stringify("stopped")); }
};
""",
}


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_the_extension_starts_and_stops_the_server(tmp_path: Path) -> None:
    for name, text in STUBS.items():
        file = tmp_path / "node_modules" / f"{name}.js"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    extension = shutil.copy(EDITORS / "vscode" / "extension.js", tmp_path)
    script = f"const it = require({json.dumps(str(extension))}); it.activate(); it.deactivate();"

    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)

    started, stopped = map(json.loads, done.stdout.splitlines())
    assert started[2] == {
        "command": "/work/bin/provisioner",
        "args": ["lsp", "--env", "dev"],
        "transport": 0,
        "options": {"cwd": "/work"},
    }
    assert started[3]["documentSelector"] == [{"scheme": "file", "language": "yaml"}]
    assert stopped == "stopped"


def test_the_manifest_names_what_is_there() -> None:
    manifest = json.loads((EDITORS / "vscode" / "package.json").read_text())

    assert (EDITORS / "vscode" / manifest["main"]).is_file()
    assert {f"provisioner.{name}" for name in ("command", "arguments")} == {
        *manifest["contributes"]["configuration"]["properties"]
    }
    assert "lsp" in COMMANDS


def test_the_entry_for_schemastore_names_a_published_schema() -> None:
    [entry] = json.loads((EDITORS / "schemastore" / "catalog.json").read_text())

    assert entry.keys() == {"name", "description", "fileMatch", "url"}
    published = EDITORS.parent / entry["url"].partition("/main/")[2]
    assert json.loads(published.read_text())["$schema"] == "http://json-schema.org/draft-07/schema#"
