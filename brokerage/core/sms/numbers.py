"""Mobile numbers of the United Kingdom as people write them. Pure."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from brokerage.core.errors import RuleBroken

#: With the marks of direction that a phone's list of contacts puts around a number.
_SPACING = re.compile(r"[\s().\-\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
#: 071-075 and 077-079 are mobile; of 070 (personal numbers) and 076 (pagers) only 07624 is, the Isle of Man's.
_MOBILE = re.compile(r"(?:\+44|0044|44)?0?(7(?:[1-57-9]\d{8}|624\d{6}))", re.ASCII)


def normalise_mobile(said: str) -> str:
    """+447… from what somebody wrote ("07700 900123", "+44 (0)7700 900-123"). Raises RuleBroken on `number`."""
    found = _MOBILE.fullmatch(_SPACING.sub("", said))
    if found is None:
        raise RuleBroken("not_a_mobile_number", _("Enter a UK mobile number, like 07700 900123"), field="number")
    return f"+44{found[1]}"
