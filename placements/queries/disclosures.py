"""The disclosure check of a referral: every find in the texts that everyone invited will read, and which of them an
officer has not yet settled. The search itself is `placements.redaction`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from brokerage.core.clock import database_today
from placements.disclosure_fields import FIELD_LABELS, SECTION_LABELS, released_answers
from placements.models import Referral
from placements.questions import STAGE_ONE, question
from placements.redaction import KINDS, Finding, find_disclosures

#: Letters of the text shown on each side of a find.
AROUND = 60


@dataclass(frozen=True)
class Disclosure:
    """A find where it stands: the section and field it is in, the words around it, and its digest."""

    section: str
    field: str
    section_label: Any
    label: Any
    finding: Finding
    before: str
    after: str
    digest: str
    is_confirmed: bool

    @property
    def kind_label(self) -> Any:
        return KINDS[self.finding.kind]


def find_digest(kind: str, text: str) -> str:
    """What a confirmation is remembered by: the kind and the words of the find, whatever their case and spacing."""
    return hashlib.sha256(f"{kind}:{' '.join(text.casefold().split())}".encode()).hexdigest()


def disclosures(referral: Referral) -> list[Disclosure]:
    """Every find in the stage-one texts, in the order of the form."""
    known = _known_of(referral)
    confirmed = set(referral.disclosures_confirmed)
    found = []
    released = released_answers(referral.answers, category=referral.category, stage=STAGE_ONE)
    for code, given in released.items():
        for name, value in given.items():
            if not question(code, name).is_free_text:
                continue
            for finding in find_disclosures(value, **known):
                digest = find_digest(finding.kind, finding.text)
                found.append(
                    Disclosure(
                        section=code,
                        field=name,
                        section_label=SECTION_LABELS[code],
                        label=FIELD_LABELS[code][name],
                        finding=finding,
                        before=_before(value, finding.start),
                        after=_after(value, finding.end),
                        digest=digest,
                        is_confirmed=digest in confirmed,
                    )
                )
    return found


def unresolved_disclosures(referral: Referral) -> list[Disclosure]:
    """The finds that are neither corrected nor confirmed as harmless: while there is one, nothing is published.

    The same words in two places are one find, where they stand first: one confirmation settles both.
    """
    still_open: dict[str, Disclosure] = {}
    for each in disclosures(referral):
        if not each.is_confirmed:
            still_open.setdefault(each.digest, each)
    return list(still_open.values())


def findings_in(referral: Referral, text: str) -> list[Finding]:
    """What a text written outside the form (an answer to a question, a note) would disclose, confirmed finds aside."""
    confirmed = set(referral.disclosures_confirmed)
    found = find_disclosures(text, **_known_of(referral))
    return [finding for finding in found if find_digest(finding.kind, finding.text) not in confirmed]


def _known_of(referral: Referral) -> dict[str, Any]:
    """Names, schools, postcodes and the birthday that must not slip out, as `find_disclosures` takes them."""
    person = referral.person
    practical = referral.answers.get("practical") or {}
    names = [practical.get("social_worker_name"), practical.get("team_manager"), referral.social_worker_name]
    schools = [practical.get("school_name")]
    postcodes: list[str] = []
    if person is not None:
        names += [person.full_name, person.given_name, person.family_name, person.known_as, *person.other_names]
        schools.append(person.school_name)
        postcodes.append(person.home_postcode)
    return {
        "known_names": [name for name in dict.fromkeys(names) if name],
        "known_postcodes": [postcode for postcode in postcodes if postcode],
        "schools": [school for school in dict.fromkeys(schools) if school],
        "dob": person.date_of_birth if person is not None else None,
        "on": database_today(),
    }


def _before(text: str, start: int) -> str:
    return ("…" if start > AROUND else "") + text[max(0, start - AROUND) : start]


def _after(text: str, end: int) -> str:
    return text[end : end + AROUND] + ("…" if len(text) > end + AROUND else "")
