"""
The logo on a card: PNG, 1000 x 200 pixels, black on white.

Source: the SDK, issuing/_personalization_design.py, `card_logo`.
Stripe checks most of it in a review that takes days, so it is checked before anything is sent.
"""

import io

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
