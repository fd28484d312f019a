"""References people read out on the telephone: short, without look-alike letters, and telling nothing.

Random rather than counted, so that nobody learns an authority's volumes from them.
"""

from __future__ import annotations

import secrets

#: Crockford's base 32 without I, L, O and U.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference(prefix: str) -> str:
    """A new reference such as `R-7K3M-9QX2`: 40 random bits."""
    letters = "".join(secrets.choice(ALPHABET) for _position in range(8))
    return f"{prefix}-{letters[:4]}-{letters[4:]}"


def normalise_reference(text: str) -> str:
    """What a person typed, as it is stored: upper case, no spaces, look-alikes mended."""
    tidy = text.strip().upper().replace(" ", "")
    head, dash, tail = tidy.partition("-")
    return head + dash + tail.replace("O", "0").replace("I", "1").replace("L", "1")
