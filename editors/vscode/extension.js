// Starts `provisioner lsp` for the YAML files of a workspace that has a provisioner.yaml.
"use strict";

const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

function activate() {
  const settings = vscode.workspace.getConfiguration("provisioner");
  const [folder] = vscode.workspace.workspaceFolders || [];
  const root = folder ? folder.uri.fsPath : ".";
  const run = {
    command: settings.get("command").replace("${workspaceFolder}", root),
    args: ["lsp", ...settings.get("arguments")],
    transport: TransportKind.stdio,
    options: { cwd: root },
  };
  const selector = [{ scheme: "file", language: "yaml" }];
  client = new LanguageClient("provisioner", "provisioner", run, { documentSelector: selector });
  return client.start();
}

function deactivate() {
  return client && client.stop();
}

module.exports = { activate, deactivate };
