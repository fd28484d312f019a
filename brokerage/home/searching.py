"""Finding a thing by its reference, and a person by name or case number. The first is a GET, the second never."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from django.db import models, transaction
from django.db.models import Prefetch, Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.errors import RuleBroken
from brokerage.core.pages.long_lists import keys_first
from brokerage.core.references import ALPHABET
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation
from brokerage.core.web import address
from brokerage.safeguarding.closures.models import ClosureRecipient
from brokerage.safeguarding.concerns.models import Complaint, Concern, Suggestion
from brokerage.safeguarding.firewall.models import Finding
from brokerage.safeguarding.incidents.models import Incident
from brokerage.safeguarding.models import AlertRecipient
from brokerage.safeguarding.queries.alerts import raised_alert
from brokerage.safeguarding.voice.models import Message as VoiceMessage
from contracts.models import Agreement
from dpv.models import Measure
from placements.models import Person, Placement, Referral, Release
from placements.queries.referrals import visible_referrals

#: Tried, in this order, before letters that came without one.
PREFIXES = "RPAS"
_BUYERS = ("authority", "central")
_ALL = ("authority", "central", "provider")


class Watched(NamedTuple):
    """What safeguarding calls by a reference, who reads it, and its page."""

    model: type[models.Model]
    permission: str
    kinds: tuple[str, ...]
    page: str


#: Concerns, patterns that they make, complaints, events, findings, words of people in homes, closures, measures.
WATCHED = {
    "K-": Watched(Concern, "concern.view", _BUYERS, "concerns:concern"),
    "G-": Watched(Suggestion, "concern.decide", _BUYERS, "concerns:suggestion"),
    "D-": Watched(Complaint, "complaint.view", _ALL, "concerns:complaint"),
    "E-": Watched(Incident, "incident.view", ("authority", "provider"), "incidents:incident"),
    "F-": Watched(Finding, "firewall.view", ("authority",), "firewall:finding"),
    "V-": Watched(VoiceMessage, "voice.view", _BUYERS, "voice:message"),
    "C-": Watched(ClosureRecipient, "closure.view", _ALL, "closures:closure"),
    "M-": Watched(Measure, "measure.view", _ALL, "dpv:measure"),
}
#: A search for a person answers at most this many.
PEOPLE_AT_MOST = 20
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


def references_meant(text: str) -> list[str]:
    """The references that what was typed may mean, best first: "r7k3m 9qx2", "7K3M-9QX2" and "R-7K3M-9QXZ" all do.

    What does not look like one of ours (an imported placement's own number) is given back in capitals.
    """
    tidy = re.sub(r"[\s\-–_./]", "", text.strip().upper())
    if len(tidy) == 9 and (tidy[0] in PREFIXES or f"{tidy[0]}-" in WATCHED):
        prefixes, letters = tidy[0], tidy[1:]
    elif len(tidy) == 8:
        prefixes, letters = PREFIXES, tidy
    else:
        prefixes, letters = "", ""
    letters = letters.translate(_LOOK_ALIKES)
    meant = [f"{prefix}-{letters[:4]}-{letters[4:]}" for prefix in prefixes if set(letters) <= set(ALPHABET)]
    if len(tidy) == 11 and tidy[0] == "F":
        # A finding's has ten letters.
        meant = [f"F-{tidy[1:6]}-{tidy[6:]}".translate(_LOOK_ALIKES)]
    own = text.strip().upper()
    return meant if not own or own in meant else [*meant, own]


def page_of_reference(actor: Actor, text: str) -> str | None:
    """The address of what the reference names, as far as this person may open it; None when nothing is found."""
    for reference in references_meant(text):
        found = _page(actor, reference)
        if found is not None:
            return found
    return None


def _page(actor: Actor, reference: str) -> str | None:
    kind = reference[:2]
    if kind == "S-":
        return _page_of_alert(actor, reference)
    if kind in WATCHED:
        return _page_of_watch(actor, WATCHED[kind], reference)
    if actor.is_provider:
        if kind == "R-" and actor.may("inbox.view") and Release.objects.filter(reference=reference).exists():
            return address(actor, "placements:opportunity", reference=reference)
    elif actor.is_authority:
        if (
            kind == "R-"
            and actor.may("referral.view", "referral.view_own")
            and visible_referrals(actor).filter(reference=reference).exists()
        ):
            return address(actor, "placements:referral", reference=reference)
        if actor.may("placement.view"):
            placement = Placement.objects.filter(reference__iexact=reference).values_list("reference", flat=True)
            if stored := placement.first():
                return address(actor, "placements:placement", reference=stored)
    if (
        kind == "A-"
        and (actor.is_provider or actor.is_authority)
        and actor.may("agreement.view")
        and Agreement.objects.filter(reference=reference).exists()
    ):
        return address(actor, "contracts:agreement", reference=reference)
    return None


def _page_of_alert(actor: Actor, reference: str) -> str | None:
    if not actor.may("alert.view"):
        return None
    is_raised = not actor.is_provider and raised_alert(actor.organisation_id, reference) is not None
    if is_raised or AlertRecipient.objects.filter(reference=reference).exists():
        return address(actor, "safeguarding:alert", reference=reference)
    return None


def _page_of_watch(actor: Actor, watched: Watched, reference: str) -> str | None:
    """A concern, an event, a finding and the like, where row security shows it to whoever reads such things."""
    if actor.kind not in watched.kinds or not actor.may(watched.permission):
        return None
    found = watched.model._default_manager.filter(reference=reference).exists()
    return address(actor, watched.page, reference=reference) if found else None


@dataclass(frozen=True)
class FoundPerson:
    """A person found, with the references that lead on; only those that the searcher may open."""

    person: Person
    referrals: list[Referral]
    placements: list[Placement]


@transaction.atomic
def search_people(actor: Actor, *, text: str) -> list[FoundPerson]:
    """People whose case number is the text, or whose name has every word of it. Who was found is written down.

    A social worker finds only those whose referrals they drafted or are named on. Refused when: fewer than two letters.
    """
    actor.require("search")
    words = text.split()
    if len("".join(words)) < 2:
        raise RuleBroken("too_short", _("Enter at least two letters of the name, or the case number"), "text")
    people = Person.objects.annotate(
        names=Concat("given_name", Value(" "), "family_name", Value(" "), "known_as")
    ).order_by("family_name", "given_name", "pk")
    by_name = Q()
    for word in words:
        by_name &= Q(names__icontains=word)
    people = people.filter(by_name | Q(case_number__iexact=text.strip()))
    mine = visible_referrals(actor).defer("answers").order_by("-created_at")
    if not actor.may("referral.view"):
        people = people.filter(pk__in=mine.values("person_id"))
    people = people.prefetch_related(Prefetch("referrals", mine))
    if actor.may("placement.view"):
        people = people.prefetch_related(Prefetch("placements", Placement.objects.order_by("-planned_start_on")))
    found = keys_first(people, 0, PEOPLE_AT_MOST)
    record(
        "person.searched",
        subject=Organisation.objects.get(pk=actor.organisation_id),
        actor=actor,
        data={"people": [str(person.pk) for person in found], "fields": ["name", "case_number", "date_of_birth"]},
    )
    shows_placements = actor.may("placement.view")
    return [
        FoundPerson(person, list(person.referrals.all()), list(person.placements.all()) if shows_placements else [])
        for person in found
    ]
