"""The QR code of a poster, drawn as one path of an SVG image on the server. It holds an address with the code in it:
no home's name, nothing else."""

from __future__ import annotations

import qrcode
from qrcode.constants import ERROR_CORRECT_Q

#: Modules of white round it, which readers need.
QUIET = 4


def qr_path(text: str) -> tuple[int, str]:
    """(modules a side with the white round it, the path of the dark ones)."""
    drawn = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=QUIET, box_size=1)
    drawn.add_data(text)
    rows = drawn.get_matrix()
    dark = (f"M{x},{y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return len(rows), "".join(dark)
