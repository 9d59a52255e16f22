"""QR codes as pictures of one bit a pixel. Knows nothing of certificates."""

import io
from typing import Literal

import segno

# Choosing the best of eight masks is most of the work (11 of 13 ms). Signed bytes are as good as random, so no mask is better than
# another for them; a fixed one also gives the same picture with every version of the library.
_MASK = 3
QUIET_MODULES = 4


def qr_svg(text: str) -> str:
    """An inline SVG for a page, one unit a module with the quiet zone, without inline style."""
    out = io.BytesIO()
    _symbol(text).save(
        out,
        kind="svg",
        border=QUIET_MODULES,
        xmldecl=False,
        svgclass="qr",
        lineclass=None,
        omitsize=True,
        dark="#000",
    )
    return out.getvalue().decode().strip()


def qr_png(text: str, pixels_a_module: int = 3) -> bytes:
    """A PNG for print, without the quiet zone. Whole pixels a module, so that nothing is blurred."""
    out = io.BytesIO()
    _symbol(text).save(out, kind="png", scale=pixels_a_module, border=0)
    return out.getvalue()


def modules_across(text: str) -> int:
    """Width of the symbol without quiet zone: at 34 mm a module below 0.3 mm does not survive an office printer."""
    return int(_symbol(text).symbol_size(border=0)[0])


def _symbol(text: str, level: Literal["m"] = "m") -> segno.QRCode:
    return segno.make(text, error=level, boost_error=False, micro=False, mask=_MASK)
