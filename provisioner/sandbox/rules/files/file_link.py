"""Links by which anybody can download a file (docs.stripe.com/api/file_links)."""

import base64
import binascii
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, registered, resource_of
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.common.listing import page, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.state.errors import ApiError, invalid
from provisioner.sandbox.state.objects import Resource, Tx, new_id, without_private

Json = dict[str, Any]

_FILE = "file"
# SDK, FileLinkCreateParams.file: the purposes that an upload can have.
_LINKABLE = frozenset(
    {
        "business_icon",
        "business_logo",
        "customer_signature",
        "dispute_evidence",
        "issuing_regulatory_reporting",
        "pci_document",
        "tax_document_user_upload",
        "terminal_android_apk",
        "terminal_reader_splashscreen",
    }
)
_SHOWN = 10  # the most links that a file shows


def show(tx: Tx, stored: Json) -> Json:
    """Return a link in the form of responses: with its URL, and whether it has expired."""
    token = base64.urlsafe_b64encode(f"{tx.account}|{stored['id']}|{stored['_secret']}".encode()).decode()
    shown = without_private(tx, stored)
    shown["expired"] = _expired(tx, stored)
    shown["url"] = f"{tx.origin.base}/links/{token.rstrip('=')}"
    return shown


LINK = registered(
    Resource("file_link", "link_", "file link", filters=("file",), show=show, expandable={"file": (_FILE,)})
)


def create(call: HandlerCall) -> Json:
    """Create a link to a file; raises ApiError if the file's purpose does not allow links."""
    tx, params = call.tx, call.params
    purpose = tx.fetch(resource_of(_FILE), params["file"], "file")["purpose"]
    if purpose not in _LINKABLE:
        raise invalid(f"Links cannot be created to a file for {purpose}.", "file")
    stored: Json = {
        "id": new_id(LINK.prefix),
        "object": "file_link",
        "created": tx.now,
        "expires_at": _future(tx, params["expires_at"]) if "expires_at" in params else None,
        "file": params["file"],
        "livemode": False,
        "metadata": merged({}, params),
        "_secret": new_id("fl_test_"),
    }
    return keep(tx, LINK, stored)


def update(call: HandlerCall) -> Json:
    """Update the metadata and the expiry of a link; `now` ends it, and an empty value removes the expiry."""
    tx, params = call.tx, call.params
    stored = tx.fetch(LINK, call.id)
    stored["metadata"] = merged(stored["metadata"], params)
    if "expires_at" in params:
        if _expired(tx, stored):
            raise invalid(f"File link {call.id} has expired; its expiry cannot be changed.", "expires_at")
        given = params["expires_at"]
        stored["expires_at"] = (
            {"now": tx.now, "": None}[given] if isinstance(given, str) else _future(tx, given)
        )
    return save(tx, LINK, stored)


def listed(call: HandlerCall) -> Json:
    """Return a page of links: those to one file, those that have expired or have not, or all."""
    params = dict(call.params)
    expired = params.pop("expired", None)
    past = "coalesce(json_extract(o.body, '$.expires_at') <= ?, 0)"
    extra = [] if expired is None else [(f"{past} = {int(expired)}", [call.tx.now])]
    return page(call.tx, LINK, params, _URL, extra)


def links_of(tx: Tx, file_id: str) -> Json:
    """Return the list of a file's links, newest first."""
    found = [show(tx, link) for link in tx.find(LINK, "file", file_id)]
    return {
        "object": "list",
        "data": found[:_SHOWN],
        "has_more": len(found) > _SHOWN,
        "url": f"{_URL}?file={file_id}",
    }


def opened(tx: Tx, token: str) -> tuple[Tx, Json]:
    """Return the link with this token and a transaction in its account; raises ApiError (404) if it ended."""
    gone = ApiError(404, "This link does not exist, or it has expired.")
    try:
        account, link_id, secret = base64.urlsafe_b64decode(token + "==").decode().split("|")
    except (binascii.Error, ValueError):
        raise gone from None
    there = Tx(tx.db, account, tx.now, tx.origin)
    stored = there.get(LINK, link_id)
    if stored is None or stored["_secret"] != secret or _expired(there, stored):
        raise gone
    return there, stored


def _expired(tx: Tx, stored: Json) -> bool:
    return stored["expires_at"] is not None and stored["expires_at"] <= tx.now


def _future(tx: Tx, at: int) -> int:
    if at <= tx.now:
        raise invalid("The expiry must be in the future.", "expires_at", "parameter_invalid_integer")
    return at


_URL = "/v1/file_links"
_ONE = _URL + "/{id}"
_SCOPE = "file"
ROUTES = (
    Route("POST", _URL, create, "FileLinkCreateParams", _SCOPE, LINK),
    Route("GET", _URL, listed, "FileLinkListParams", _SCOPE, LINK),
    Route("GET", _ONE, retrieve(LINK), "FileLinkRetrieveParams", _SCOPE, LINK),
    Route("POST", _ONE, update, "FileLinkUpdateParams", _SCOPE, LINK),
)
