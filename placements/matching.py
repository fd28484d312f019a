"""What matching asks of a home and what it answers: plain values, and the words for each reason.

The comparison itself is one SQL query (`placements.queries.matching`). It advises; the officer chooses among the
eligible and says why one is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from brokerage.core.vocabulary import EstablishmentKind, Need, Rating, SexAccepted
from dpv.eligibility import PROBLEM_TEXTS

#: Prefix of the reason "this need is not met": `need:self_harm`.
NEED = "need:"

#: Reasons that are about the person, beside `dpv.eligibility.PROBLEM_TEXTS`, in the order they are told.
REASON_TEXTS: dict[str, str | Promise] = {
    "age_outside_lot": _("The lot is for other ages"),
    # Of matches made before households had a code of their own.
    "age": _("Does not take this age"),
    "sex": _("Does not take this sex"),
    "not_single_sex": _("Not a single-sex home"),
    "too_far": _("Further than the furthest distance"),
    "distance_unknown": _("Distance is not known"),
    "avoid_area": _("In an area to avoid"),
    "no_vacancy": _("No vacancy"),
    "would_be_with_others": _("Others live there and the person must be placed alone"),
    "would_be_alone": _("A solo lot, and the person need not be placed alone"),
    "no_household": _("The agency has no carer household here"),
}


@dataclass(frozen=True)
class Wanted:
    """What a referral (or a search) asks of a home. Empty values ask nothing.

    `age` in completed years, `max_miles` as the crow flies from the middle of `outward`.
    """

    age: int | None = None
    sex: str = ""
    needs: tuple[str, ...] = ()
    outward: str = ""
    max_miles: int | None = None
    avoid_outwards: tuple[str, ...] = ()
    needs_solo: bool = False
    single_sex_home: bool = False
    #: A referral is always for someone who may or may not be placed alone; a search does not say.
    solo_is_known: bool = True


class Candidate(NamedTuple):
    """One admitted home, or one carer household of an admitted agency, on one lot. Money in pounds a week.

    A tuple, its ids as text and its reasons as one line, because 10,000 are made for one page and few are looked into.
    """

    admission: str
    lot: str
    vehicle: str
    provider: str
    establishment: str
    household: str | None
    provider_name: str
    name: str
    household_code: str
    lot_name: str
    kind: str
    outward: str
    easting: int
    northing: int
    age_min: int
    age_max: int
    sex_accepted: str
    rating: str
    vacancies: int | None
    ceiling: Decimal | None
    miles: Decimal | None
    reason_line: str
    #: The central team has restricted its use: it is invited only with a reason.
    is_restricted: bool = False

    @property
    def admission_id(self) -> UUID:
        return UUID(self.admission)

    @property
    def lot_id(self) -> UUID:
        return UUID(self.lot)

    @property
    def vehicle_id(self) -> UUID:
        return UUID(self.vehicle)

    @property
    def provider_id(self) -> UUID:
        return UUID(self.provider)

    @property
    def establishment_id(self) -> UUID:
        return UUID(self.establishment)

    @property
    def household_id(self) -> UUID | None:
        return UUID(self.household) if self.household else None

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(self.reason_line.split())

    @property
    def is_eligible(self) -> bool:
        return not self.reason_line

    @property
    def key(self) -> str:
        """What a checkbox carries: the admission, and for fostering the household."""
        return candidate_key(self.admission, self.household)

    @property
    def title(self) -> str:
        return f"{self.name}, {self.household_code}" if self.household_code else self.name

    @property
    def rating_label(self) -> str:
        return str(Rating(self.rating).label)

    @property
    def kind_label(self) -> str:
        return str(EstablishmentKind(self.kind).label)

    @property
    def sex_label(self) -> str:
        return str(SexAccepted(self.sex_accepted).label)

    @property
    def explanations(self) -> list[str]:
        return [explain(code) for code in self.reasons]


def candidate_key(admission_id: UUID | str, household_id: UUID | str | None) -> str:
    """The key of a candidate, as it travels through a form."""
    return f"{admission_id}:{household_id}" if household_id else str(admission_id)


def explain(code: str) -> str:
    """What a page says of a reason's code, in the current language."""
    if code.startswith(NEED):
        need = code.removeprefix(NEED)
        label = Need(need).label if need in Need.values else need
        return gettext("Cannot meet: %(need)s") % {"need": label}
    if code in REASON_TEXTS:
        return str(REASON_TEXTS[code])
    return str(PROBLEM_TEXTS[code])
