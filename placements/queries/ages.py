"""How old somebody is on the day they move in: what the registration of a home is held against."""

from __future__ import annotations

import datetime as dt

from brokerage.core.periods import age_on
from placements.models import Referral


def age_at_start(referral: Referral, starts_on: dt.date | None) -> int | None:
    """Completed years of the person on the first day; the age as asked for where the person, the day or the birth is
    not known. For the authority: nobody else reads who it is."""
    if starts_on is None or referral.person is None:
        return referral.age
    born_on = referral.person.date_of_birth
    return referral.age if born_on > starts_on else age_on(born_on, starts_on)
