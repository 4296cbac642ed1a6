"""The language server: pygls implements the protocol, and the workspace knows the configurations."""

import asyncio
from pathlib import Path

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument

from provisioner._version import __version__
from provisioner.app.configuration import section_referred_to
from provisioner.core.model.errors import Problem
from provisioner.core.model.resource import Address
from provisioner.lsp.cursor import VARIABLES, Cursor, cursor_at
from provisioner.lsp.workspace import ConfigurationPlace, EditorWorkspace

PAUSE = 0.15  # seconds after the last key press before a text is validated


class ConfigurationServer(LanguageServer):
    """Answers the requests of one editor."""

    def __init__(self, known: EditorWorkspace) -> None:
        super().__init__("provisioner", __version__)
        self.known = known
        self.shown: dict[ConfigurationPlace, set[str]] = {}
        self.changes = 0

    @property
    def unsaved(self) -> dict[Path, str]:
        """Return the texts of all open files, by their resolved paths."""
        documents = self.workspace.text_documents.values()
        return {path: each.source for each in documents if (path := file_of(each.uri))}

    def place(self, uri: str) -> ConfigurationPlace | None:
        """Return the configuration that an open file belongs to; None if there is none."""
        file = file_of(uri)
        folders = {*self.workspace.folders, *filter(None, [self.workspace.root_uri])}
        roots = {root for each in folders if (root := file_of(each))}
        return self.known.place_of(file, self.unsaved, roots) if file else None

    def cursor(self, params: types.CompletionParams | types.DefinitionParams | types.HoverParams) -> Cursor:
        """Return the word that a request is about, and its position in the tree."""
        document = self.workspace.get_text_document(params.text_document.uri)
        at = document.position_codec.position_from_client_units(document.lines, params.position)
        return cursor_at(document.source, at.line, at.character)

    def publish(self, uri: str) -> None:
        """Validate the configuration of a file, and publish its problems for all of its files."""
        place = self.place(uri)
        if place is None:
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
            return
        report = self.known.validate(place, self.unsaved)
        found: dict[str, list[types.Diagnostic]] = {uri: []}
        for problems, severity in (
            (report.problems, types.DiagnosticSeverity.Error),
            (report.warnings, types.DiagnosticSeverity.Warning),
        ):
            for problem in problems:
                target = uris.from_fs_path(problem.where.file) if problem.where else uri
                found.setdefault(target or uri, []).append(self.diagnostic(problem, severity))
        for gone in self.shown.get(place, set()) - found.keys():
            found[gone] = []
        self.shown[place] = {target for target, each in found.items() if each}
        for target, each in found.items():
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(target, each))

    def diagnostic(self, problem: Problem, severity: types.DiagnosticSeverity) -> types.Diagnostic:
        """Convert a problem to the protocol's form; it spans the word at its position."""
        line, column = (problem.where.line - 1, problem.where.column - 1) if problem.where else (0, 0)
        uri = uris.from_fs_path(problem.where.file) if problem.where else None
        document = self.workspace.get_text_document(uri) if uri else None
        length = _length(document, line, column) if document else 1
        span = types.Range(types.Position(line, column), types.Position(line, column + length))
        if document and line < len(document.lines):
            span = document.position_codec.range_to_client_units(document.lines, span)
        text = f"{problem.address}: {problem.text}" if problem.address else problem.text
        return types.Diagnostic(span, text, severity=severity, source="provisioner")


def file_of(uri: str) -> Path | None:
    """Return the path of a file that is open in an editor; None if it has not been saved yet."""
    path = uris.to_fs_path(uri)
    return Path(path).resolve() if uri.startswith("file:") and path else None


def _length(document: TextDocument, line: int, column: int) -> int:
    rest = document.lines[line][column:].rstrip() if line < len(document.lines) else ""
    return max(len(rest.split(" ")[0].rstrip(":,]}")), 1)


def serve(known: EditorWorkspace) -> ConfigurationServer:
    """Return a server. It reads nothing until an editor sends a request."""
    server = ConfigurationServer(known)
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(_opened)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(_changed)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(_opened)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(_opened)
    triggers = types.CompletionOptions(trigger_characters=[" ", ".", "[", ","])
    server.feature(types.TEXT_DOCUMENT_COMPLETION, triggers)(_complete)
    server.feature(types.TEXT_DOCUMENT_DEFINITION)(_define)
    server.feature(types.TEXT_DOCUMENT_HOVER)(_hover)
    return server


def _opened(
    server: ConfigurationServer,
    params: types.DidOpenTextDocumentParams
    | types.DidSaveTextDocumentParams
    | types.DidCloseTextDocumentParams,
) -> None:
    server.publish(params.text_document.uri)


async def _changed(server: ConfigurationServer, params: types.DidChangeTextDocumentParams) -> None:
    server.changes += 1
    mine = server.changes
    await asyncio.sleep(PAUSE)
    if mine == server.changes:
        server.publish(params.text_document.uri)


def _section(cursor: Cursor) -> str:
    """Return the section in which the word at a cursor is a name; empty if it is not a name."""
    if cursor.key == VARIABLES:
        return VARIABLES
    return section_referred_to(cursor.section, cursor.key) if cursor.key else ""


def _complete(server: ConfigurationServer, params: types.CompletionParams) -> types.CompletionList:
    cursor, place = server.cursor(params), server.place(params.text_document.uri)
    section = _section(cursor)
    outline = server.known.outline(place, server.unsaved) if place and section else None
    items = [
        types.CompletionItem(name, kind=types.CompletionItemKind.Reference, detail=f"{section}.{name}")
        for name in (outline.names(section) if outline else ())
    ]
    return types.CompletionList(is_incomplete=False, items=items)


def _define(server: ConfigurationServer, params: types.DefinitionParams) -> types.Location | None:
    cursor, place = server.cursor(params), server.place(params.text_document.uri)
    section = _section(cursor)
    outline = server.known.outline(place, server.unsaved) if place and section else None
    where = outline.names(section).get(cursor.word) if outline else None
    if where is None:
        return None
    at = types.Position(where.line - 1, where.column - 1)
    return types.Location(uris.from_fs_path(where.file) or "", types.Range(at, at))


def _hover(server: ConfigurationServer, params: types.HoverParams) -> types.Hover | None:
    cursor, place = server.cursor(params), server.place(params.text_document.uri)
    section, name = _section(cursor), cursor.word
    if not cursor.key and cursor.word == cursor.block:
        section = cursor.section
    outline = server.known.outline(place, server.unsaved) if place and section else None
    if place is None or outline is None or name not in outline.names(section):
        return None
    parts = [f"**{section}.{name}**"]
    if exposure := server.known.exposure(place, Address(section, name)):
        parts.append(f"Monthly exposure: {exposure}")
    if text := outline.resolved(section, name):
        parts.append(f"```yaml\n{text}```")
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n".join(parts)))
