"""
Personalization designs: the design of physical cards, and of the letter that they come with.

docs.stripe.com/issuing/cards/physical/personalization-designs. Stripe reviews a design before it prints it.
It cannot delete a design, and has no event for a new one. A design cannot be changed unless the review has
rejected it, so a change creates another design, and the cards move to it.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.model.resource import NO_FACTS, ObservedFacts
from provisioner.core.schema.field import Field, OnChange, Shape
from provisioner.core.schema.kind import FieldFault, Kind, Role

REVIEWED = ("card_logo", "carrier_text")
LONGEST_KEY = 200
WIDTH, HEIGHT = 1000, 200
LARGEST = 512 * 1024  # docs.stripe.com/file-upload: the limit for the purpose issuing_logo
BLACK, WHITE = (0, 0, 0, 255), (255, 255, 255, 255)
SHADES = 3  # the most colors that are counted; a logo has two


def logo_error(content: bytes) -> str:
    """Return what is wrong with the content of a logo's file, and how to fix it; empty if nothing is."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - cold start: few configurations have a logo

    if len(content) > LARGEST:
        return f"it has {len(content):,} bytes, and Stripe takes at most {LARGEST:,}"
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.size != (WIDTH, HEIGHT):
                found = f"{image.size[0]} x {image.size[1]}"
                return f"it has {found} pixels; a logo has {WIDTH} x {HEIGHT}"
            colors = {color for _, color in image.convert("RGBA").getcolors(SHADES) or ()}
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return "it is not a PNG image"
    if not colors or colors - {BLACK, WHITE}:
        return "it must be black on white, without gray, color or transparency"
    return ""


def check(fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Yield a fault for a logo that Stripe would reject."""
    logo = fields.get("card_logo")
    if logo is not None and (wrong := logo_error(logo.content)):
        yield FieldFault(("card_logo", "file"), f"{logo.name} cannot be the logo of a card: {wrong}")


def observe(raw: Mapping[str, Any]) -> ObservedFacts:
    """Return the result of the review, and what it means for cards."""
    status = raw.get("status")
    if status == "review":
        return ObservedFacts(
            remark="in review by Stripe; cards can be ordered, and are printed once it is approved"
        )
    if status == "rejected":
        reasons = raw.get("rejection_reasons") or {}
        said = [f"{part}: {', '.join(reasons[part])}" for part in REVIEWED if reasons.get(part)]
        why = f" ({'; '.join(said)})" if said else ""
        return ObservedFacts(
            remark=f"rejected by Stripe{why}; Stripe cancels the cards that were waiting for it. "
            "Change what was rejected, which makes another design"
        )
    if status == "inactive":
        return ObservedFacts(remark="inactive; no card can be ordered with it")
    return NO_FACTS


def creation_extras(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Transfer the lookup key from the design that has it, which may be the predecessor."""
    return {"transfer_lookup_key": True} if fields.get("lookup_key") else {}


def _text(name: str, doc: str) -> Field:
    return Field(name, doc=doc, on_change=OnChange.REPLACE)


KIND = Kind(
    name="personalization design",
    section="personalization_designs",
    service="issuing.personalization_designs",
    resource="issuing/personalization_designs",
    doc="The design of physical cards: a physical bundle, a logo, and the text of the carrier.",
    rank=0,
    role=Role.DESIGN,
    object_name="issuing.personalization_design",
    id_prefix="ipcd_",
    lists_by_time=False,
    is_optional=True,
    named_by=("name",),
    check=check,
    observe=observe,
    creation_extras=creation_extras,
    unreturned=(Field("transfer_lookup_key", Shape.BOOLEAN, write_only=True),),
    answered=(
        Field("status"),
        Field(
            "rejection_reasons",
            Shape.HASH,
            fields=(Field("card_logo", Shape.LIST), Field("carrier_text", Shape.LIST)),
        ),
    ),
    fields=(
        Field("name", doc="The name that people see.", example="Winter"),
        Field(
            "physical_bundle",
            doc="The card, carrier and envelope: the name or the id of a physical bundle.",
            required=True,
            on_change=OnChange.REPLACE,
            named_in="issuing/physical_bundles",
            named_prefix="ics_",
            example="Standard black",
        ),
        Field(
            "card_logo",
            Shape.FILE,
            doc="The logo: `{file: PATH}`, a PNG of 1000 x 200 pixels, black on white. It is uploaded once.",
            write_only=True,
            null_is_unknown=True,
            upload_purpose="issuing_logo",
            on_change=OnChange.REPLACE,
            example={"file": "logo.png"},
        ),
        Field(
            "carrier_text",
            Shape.HASH,
            doc="The text of the letter that the card comes with.",
            on_change=OnChange.REPLACE,
            fields=(
                _text("header_title", "Title of the header."),
                _text("header_body", "Body of the header."),
                _text("footer_title", "Title of the footer."),
                _text("footer_body", "Body of the footer."),
            ),
        ),
        Field(
            "lookup_key",
            doc="A key by which other programs find the design; the design takes it from any other.",
            longest=LONGEST_KEY,
            example="winter",
        ),
        Field(
            "preferences",
            Shape.HASH,
            doc="When Stripe uses the design.",
            fields=(
                Field(
                    "is_default",
                    Shape.BOOLEAN,
                    doc="Whether cards that name no design have this one. Only one design is the default.",
                    default=False,
                ),
            ),
        ),
        Field("metadata", Shape.MAP, doc="Your own keys. Keys that begin with `provisioner_` are reserved."),
    ),
)
