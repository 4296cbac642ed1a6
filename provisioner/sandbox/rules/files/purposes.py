"""
The purposes of uploaded files: their types, largest sizes, and expiry (docs.stripe.com/file-upload).

For purposes that have nothing to do with Issuing, any type is accepted; the SDK's examples upload a text.
"""

from collections.abc import Mapping
from typing import NamedTuple

from provisioner.sandbox.registry import UploadedFile
from provisioner.sandbox.state.errors import invalid

_MEGABYTE = 1024 * 1024
_DAY = 86_400
# The first bytes of a file, its type, and its media type.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"%PDF-", "pdf"),
    (b"GIF8", "gif"),
)
MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
}


class Purpose(NamedTuple):
    """The rules of one purpose."""

    types: tuple[str, ...] = ()
    """The file types that are accepted; empty for all."""
    largest: int = 16 * _MEGABYTE
    """The largest size in bytes."""
    kept: int | None = None
    """The seconds until the file expires; None if it never does."""
    downloadable: bool = False
    """True if its content can be downloaded, and links to it can be created."""


PURPOSES: Mapping[str, Purpose] = {
    "account_requirement": Purpose(),
    "additional_verification": Purpose(),
    "business_icon": Purpose((), 512 * 1024, downloadable=True),
    "business_logo": Purpose((), 512 * 1024, downloadable=True),
    "customer_signature": Purpose((), 4 * _MEGABYTE, 7 * _DAY, downloadable=True),
    "dispute_evidence": Purpose(("pdf", "jpg", "png"), 5 * _MEGABYTE, 274 * _DAY, downloadable=True),
    "identity_document": Purpose(("pdf", "jpg", "png")),
    # SDK, PersonalizationDesign.card_logo: PNG. The design review, not the upload, checks that it has two
    # colors.
    "issuing_logo": Purpose(("png",), 512 * 1024),
    "issuing_regulatory_reporting": Purpose(("csv", "pdf", "jpg", "png"), downloadable=True),
    "pci_document": Purpose(downloadable=True),
    "platform_terms_of_service": Purpose(),
    "tax_document_user_upload": Purpose(downloadable=True),
    "terminal_android_apk": Purpose(downloadable=True),
    "terminal_reader_splashscreen": Purpose(downloadable=True),
    "terminal_wifi_certificate": Purpose(),
    "terminal_wifi_private_key": Purpose(),
}


def accepted(file: UploadedFile, purpose: str) -> str:
    """Return the type of a file (`png`); raises ApiError if its purpose allows another type or size."""
    rules = PURPOSES[purpose]
    if not file.content:
        raise invalid("The file is empty.", "file")
    if len(file.content) > rules.largest:
        raise invalid(f"A file for {purpose} can have at most {rules.largest} bytes.", "file")
    kind = next((name for start, name in _BEGINNINGS if file.content.startswith(start)), "")
    if not kind:
        suffix = file.name.rpartition(".")[2].lower()
        # A file that only claims to be an image or a PDF is rejected.
        kind = suffix if suffix not in {name for _, name in _BEGINNINGS} else "txt"
    if rules.types and kind not in rules.types:
        raise invalid(
            f"The type of this file is not supported for {purpose}. Supported are {', '.join(rules.types)}.",
            "file",
        )
    return kind
