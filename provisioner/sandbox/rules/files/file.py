"""
Files that users upload, such as evidence for disputes and logos for cards (docs.stripe.com/api/files).

Stripe receives files at files.stripe.com; the sandbox, at its own address.
"""

import base64
from collections.abc import Mapping
from pathlib import PureWindowsPath
from typing import Any

from provisioner.sandbox.registry import Download, HandlerCall, Route, registered
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.listing import listed, retrieve
from provisioner.sandbox.rules.files import file_link
from provisioner.sandbox.rules.files.purposes import MEDIA_TYPES, PURPOSES, accepted
from provisioner.sandbox.state.errors import ApiError
from provisioner.sandbox.state.objects import Resource, Tx, new_id, without_private

Json = dict[str, Any]


def show(tx: Tx, stored: Json) -> Json:
    """Return a file in the form of responses: with its links, and with the URL of its content."""
    downloadable = PURPOSES[stored["purpose"]].downloadable
    shown = without_private(tx, stored)
    shown["links"] = file_link.links_of(tx, stored["id"]) if downloadable else None
    shown["url"] = f"{tx.origin.base}{_URL}/{stored['id']}/contents"
    return shown


FILE: Resource = registered(Resource("file", "file_", "file upload", filters=("purpose",), show=show))


def create(call: HandlerCall) -> Json:
    """Upload a file, and create a link to it if the request says so."""
    tx, params = call.tx, call.params
    file, purpose = params["file"], params["purpose"]
    kind, kept = accepted(file, purpose), PURPOSES[purpose].kept
    link: Mapping[str, Any] = params.get("file_link_data", {})
    stored: Json = {
        "id": new_id(FILE.prefix),
        "object": "file",
        "created": tx.now,
        "expires_at": None if kept is None else tx.now + kept,
        # The SDK sends the whole path of a file; the path of a Windows client has backslashes.
        "filename": PureWindowsPath(file.name).name,
        "purpose": purpose,
        "size": len(file.content),
        "title": None,
        "type": kind,
        "_content": base64.b64encode(file.content).decode(),
    }
    event = "file.created" if unknowns.on(tx, "uploads_create_events") else None
    shown = keep(tx, FILE, stored, event)
    if not link.get("create"):
        return shown
    file_link.create(HandlerCall(tx, {**link, "file": stored["id"]}))
    return FILE.show(tx, stored)


def contents(call: HandlerCall) -> Json:
    """Return the content of a file; raises ApiError if its purpose does not allow that, or it has expired."""
    return content_of(call.tx, call.id)


def content_of(tx: Tx, file_id: str) -> Download:
    """Return the content of a file; raises ApiError (400, 404) if it cannot be downloaded."""
    stored = tx.fetch(FILE, file_id)
    if not PURPOSES[stored["purpose"]].downloadable:
        raise ApiError(400, f"A file for {stored['purpose']} cannot be downloaded.")
    if stored["expires_at"] is not None and stored["expires_at"] <= tx.now:
        raise ApiError(404, f"File {file_id} has expired.", code="resource_missing", param="id")
    media_type = MEDIA_TYPES.get(stored["type"], "application/octet-stream")
    return Download(base64.b64decode(stored["_content"]), media_type)


def linked(call: HandlerCall) -> Json:
    """Return the content of the file that a link points at; this needs no key."""
    tx, link = file_link.opened(call.tx, call.id)
    return content_of(tx, link["file"])


_URL = "/v1/files"
_ONE = _URL + "/{id}"
_SCOPE = "file"
ROUTES = (
    Route("POST", _URL, create, "FileCreateParams", _SCOPE, FILE, uploads=True),
    Route("GET", _URL, listed(FILE, _URL), "FileListParams", _SCOPE, FILE),
    Route("GET", _ONE, retrieve(FILE), "FileRetrieveParams", _SCOPE, FILE),
    Route("GET", _ONE + "/contents", contents, "own.Nothing", _SCOPE, FILE),
    Route("GET", "/links/{id}", linked, "own.Nothing", ""),
)
