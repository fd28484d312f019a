"""The usual words of an agreement, by nation and service, in the active language.

A clause without a text in that language is in English and says so in both. A vehicle's own terms may replace any of
them; what is agreed is frozen into `AgreementTerms.clauses`. Law of late 2026: Care Planning Regulations 2010
(England), Care Planning (Wales) Regulations 2015, Care Act 2014.
"""

from __future__ import annotations

from typing import Literal

from django.utils.translation import get_language, gettext

from contracts.terms import ENGLISH_ONLY, Clauses

Nation = Literal["England", "Wales"]
Service = Literal["children", "adults"]


def standard_clauses(
    *,
    nation: Nation,
    service: Service = "children",
    authority_name: str,
    provider_name: str,
    vehicle_name: str = "",
) -> Clauses:
    """Clauses that name the parties; an empty `vehicle_name` writes them for a spot purchase."""
    names = {"authority": authority_name, "provider": provider_name, "vehicle": vehicle_name}
    return Clauses(
        purpose=_purpose(names),
        absence=_absence(),
        additional_services=_additional_services(),
        notice=_notice(names),
        information_sharing=_information_sharing(names),
        retention=_retention(names, service),
        safeguarding=_safeguarding(names, service),
        notifiable_events=_notifiable_events(nation, service),
        missing=_missing(service),
        no_move=_no_move(names, service),
        variation=_variation(),
    )


def _(clause: str) -> str:
    """A clause in the active language; one that has no text in it stays English and is marked."""
    found = gettext(clause)
    return f"{ENGLISH_ONLY} {clause}" if found == clause and get_language() != "en" else found


def _purpose(names: dict[str, str]) -> tuple[str, ...]:
    if names["vehicle"]:
        first = _(
            "This agreement is a call-off under %(vehicle)s. The terms of that vehicle apply to it. "
            "If the two differ, this agreement decides on price, dates and services for this placement, "
            "and the vehicle's terms decide on everything else."
        )
    else:
        first = _(
            "This agreement is bought outside any purchasing vehicle. It stands on its own, and the "
            "authority has recorded why it was bought this way."
        )
    return (
        first % names,
        _("It is the whole agreement between %(authority)s and %(provider)s for this placement.") % names,
        _("It replaces every earlier version listed in the variation log, from the date this version starts."),
    )


def _absence() -> tuple[str, ...]:
    return (
        _("A retainer keeps the place open while the person is away with the authority's agreement."),
        _("The provider tells the authority on the day an absence starts and on the day it ends."),
        _("No retainer is paid after notice has run out, or when the place has been given to somebody else."),
    )


def _additional_services() -> tuple[str, ...]:
    return (
        _("An additional service is paid for only when it is listed here or agreed in writing before it starts."),
        _(
            "Each service stops on its end date, and the payment stops with it, unless the authority "
            "renews it "
            "in writing after the review."
        ),
        _("The rates are those the provider tendered for the vehicle's menu, or lower."),
    )


def _notice(names: dict[str, str]) -> tuple[str, ...]:
    return (
        _("Notice is given in writing, with reasons, and runs from the day after it is received."),
        _(
            "Before giving notice the provider asks for a meeting, so that the placement can be kept "
            "where that is safe."
        ),
        _(
            "%(authority)s may end the placement at once where the person is at risk of significant "
            "harm, where "
            "the registration is suspended or cancelled, or where a court orders it."
        )
        % names,
        _("If the person leaves during notice, payment ends on the day the place is filled by somebody else."),
    )


def _information_sharing(names: dict[str, str]) -> tuple[str, ...]:
    return (
        _(
            "%(authority)s and %(provider)s are each a controller of the personal data they hold. "
            "They share it "
            "for this placement because the law gives the authority the task of caring for the person "
            "(UK GDPR Article 6(1)(e); Article 9(2)(g) and (h); Data Protection Act 2018 Schedule 1)."
        )
        % names,
        _(
            "The authority gives the provider the care plan, the risk assessment, health and "
            "education plans and "
            "the delegated decisions before the placement starts, or within 5 working days in an emergency."
        ),
        _("Each side tells the other of a personal data breach about this person within 24 hours of finding it."),
        _("Information about this person is sent by secure means only, and never in the text of an email."),
    )


def _retention(names: dict[str, str], service: Service) -> tuple[str, ...]:
    if service == "children":
        keep = _(
            "The authority keeps the case record until the 75th birthday of the person, or for 15 "
            "years after "
            "death if the person dies before the age of 18."
        )
    else:
        keep = _("The authority keeps the case record for as long as its published retention schedule says.")
    return (
        keep,
        _(
            "When the placement ends, %(provider)s returns the records that belong to the case "
            "within 28 days, "
            "and keeps only what its own regulator requires."
        )
        % names,
    )


def _safeguarding(names: dict[str, str], service: Service) -> tuple[str, ...]:
    if service == "children":
        partners = gettext("the local safeguarding partners of the area where the person lives")
    else:
        partners = gettext("the safeguarding adults board of the area where the person lives")
    return (
        _("The provider follows the procedures of %(partners)s and the authority's own.") % {"partners": partners},
        _(
            "Every adult who works or lives in the home has a current enhanced check by the Disclosure and "
            "Barring Service where the law allows one."
        ),
        _("An allegation against a carer or member of staff is reported to %(authority)s the same working day.")
        % names,
        _("Restraint is used only as the law and the person's plan allow, and each use is recorded and reported."),
    )


def _notifiable_events(nation: Nation, service: Service) -> tuple[str, ...]:
    if service == "adults":
        regulator = (
            gettext("the Care Quality Commission") if nation == "England" else gettext("Care Inspectorate Wales")
        )
    else:
        regulator = gettext("Ofsted") if nation == "England" else gettext("Care Inspectorate Wales")
    return (
        _("Whatever the provider must notify to %(regulator)s it notifies to the authority at the same time.")
        % {"regulator": regulator},
        _(
            "The provider tells the authority by telephone at once, and in writing within 24 hours, "
            "of: death or "
            "serious injury; suspected exploitation; a serious incident that called the police; an "
            "outbreak of "
            "infection; an allegation of abuse; a child protection enquiry."
        ),
        _("The provider sends the authority every inspection report about the home when it receives the report."),
    )


def _missing(service: Service) -> tuple[str, ...]:
    if service == "adults":
        return (
            _("The provider reports a person who is missing to the police and to the authority without delay."),
            _("The agreed missing-person plan is kept with the care plan and reviewed after each episode."),
        )
    return (
        _(
            "The provider reports a child who is missing, or away without authorisation, to the "
            "police as the "
            "local protocol says, and to the authority without delay, also out of hours."
        ),
        _("The authority offers an independent return interview within 72 hours of the child's return."),
        _("The risk assessment is reviewed after each episode, and a third episode in 90 days calls a meeting."),
    )


def _no_move(names: dict[str, str], service: Service) -> tuple[str, ...]:
    place = gettext("home or carer household") if service == "children" else gettext("home")
    return (
        _(
            "%(provider)s does not move the person to another %(place)s, not even for one night "
            "beyond what the "
            "plan allows, without the written consent of %(authority)s given beforehand."
        )
        % {**names, "place": place},
        _("In an emergency that leaves no time, the provider telephones the authority before the person moves."),
        _("A move made without consent is not paid for, and may be treated as a breach of this agreement."),
    )


def _variation() -> tuple[str, ...]:
    return (_("This agreement changes only by a new version that both sides sign. The latest signed version applies."),)
