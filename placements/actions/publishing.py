"""Publishing a referral and inviting more: who was matched, who is invited, who is left out and why.

The referral's lock makes two officers' clicks one publication; the admissions' shared locks make a suspension fall
before it (then nobody there is invited) or after it. What happens later to a running referral is `running`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.actors import Actor
from dpv.models import Admission, Lot
from dpv.queries.access import require_access
from dpv.queries.rules import rules_in_force
from dpv.rules import VehicleRules
from placements.actions.drafts import refresh_age
from placements.actions.releases import tell_providers, write_releases
from placements.announcements import announce_closing_of
from placements.completeness import missing
from placements.interest import show_interest
from placements.matching import Candidate, candidate_key
from placements.models import Invitation, InvitedHousehold, Match, Referral, ReferralLot, Release
from placements.queries.disclosures import findings_in, unresolved_disclosures
from placements.queries.matching import candidates, wanted_of
from placements.queries.referrals import referral_id_of, referral_of
from placements.states import INVITATION, REFERRAL

#: The least time that providers get, whatever the officer types.
LEAST_NOTICE = dt.timedelta(minutes=30)
MOST_NOTICE = dt.timedelta(days=90)


@dataclass(frozen=True)
class ClosingTerms:
    """What the vehicles' rules say of a call-off: hours to answer (the longest of them), and whether it is sealed."""

    hours: int
    is_sealed: bool


@transaction.atomic
def publish_referral(
    actor: Actor,
    *,
    reference: str,
    lot_ids: Collection[UUID],
    chosen: Collection[str],
    left_out_reason: str = "",
    restricted_reason: str = "",
    closes_at: dt.datetime | None = None,
    is_sealed: bool = False,
) -> Referral:
    """Send a complete draft to the chosen homes and households (`Candidate.key`) of lots of one or more vehicles.

    Closing time: as given, or the vehicles' hours for the urgency from now. Sealed when asked for, or when a vehicle's
    rules say so. Every candidate is written down with what the officer did. Refused when:
    the referral was published meanwhile (NotNow); it lacks answers (`referral_incomplete`); the disclosure check has
    open finds (`disclosures_unresolved`); a lot is not open to the authority (`lot_not_open`); nobody is chosen
    (`nobody_invited`); a chosen home is not eligible now (`not_eligible`); an eligible one is left out without a reason
    (`left_out_reason_missing`, equal treatment); a restricted one is invited without a reason
    (`restricted_reason_missing`; kept in the audit trail, it must not tell who the person is); the closing time is too
    near or too far (`closes_too_soon`, ...).
    """
    actor.require("referral.publish")
    referral = held(actor, reference, admission_ids=admissions_in(chosen))
    status = REFERRAL.after(referral.status, "publish")
    refresh_age(referral)
    require_ready(referral)
    now, today = database_now(), database_today()
    lots = require_access(referral.authority_id, lot_ids, referral.category, today)
    found = candidates([lot.pk for lot in lots], wanted_of(referral), today)
    invited = _require_eligible(found, chosen)
    restricted = _require_reason(referral, invited, restricted_reason, field="restricted_reason")
    left_out = [candidate for candidate in found if candidate.is_eligible and candidate.key not in set(chosen)]
    if left_out and not left_out_reason.strip():
        raise RuleBroken(
            "left_out_reason_missing",
            _("Say why some homes that could meet the need are not invited"),
            "left_out_reason",
        )
    terms = closing_terms(lots, referral.urgency, today)
    referral.status = status
    referral.published_at = now
    referral.closes_at = checked_closing(closes_at or now + dt.timedelta(hours=terms.hours), now)
    referral.is_sealed = is_sealed or terms.is_sealed
    referral.invite_reason = left_out_reason.strip() if left_out else ""
    save(referral)
    ReferralLot.objects.bulk_create(
        ReferralLot(authority_id=referral.authority_id, referral=referral, lot=lot) for lot in lots
    )
    releases = _invite(referral, invited, now, is_first=True)
    _write_matches(referral, found, invited, now)
    announce_closing_of(actor, referral)
    record(
        "referral.published",
        subject=referral,
        actor=actor,
        data={
            "lots": [str(lot.pk) for lot in lots],
            "invited": len(invited),
            "left_out": len(left_out),
            "excluded": len(found) - len(invited) - len(left_out),
            "providers": len(releases),
            "closes_at": referral.closes_at.isoformat(),
            "is_sealed": referral.is_sealed,
            **restricted,
        },
        notify=tell_providers("placements.invited", referral, releases),
    )
    show_interest(actor, ((each.provider_id, each.establishment_id) for each in invited))
    return referral


@transaction.atomic
def invite_more(actor: Actor, *, reference: str, chosen: Collection[str], reason: str = "") -> Referral:
    """Invite further eligible homes or households on the referral's lots while it is open.

    Refused when: the referral is not published or its closing time has passed (NotNow, `closed`: extend it first);
    nobody new is chosen; one is not eligible, or is restricted and no reason is given. `reason` is kept in the audit
    trail and must not tell who the person is (`discloses`).
    """
    actor.require("referral.publish")
    referral = held(actor, reference, admission_ids=admissions_in(chosen))
    REFERRAL.after(referral.status, "invite")
    check_note(referral, reason, field="reason")
    now, today = database_now(), database_today()
    require_open(referral, now)
    refresh_age(referral)
    lot_ids = list(ReferralLot.objects.filter(referral=referral).values_list("lot_id", flat=True))
    found = candidates(lot_ids, wanted_of(referral), today)
    already = invited_keys(referral)
    wanted = [key for key in chosen if key not in already]
    invited = _require_eligible(found, wanted)
    restricted = _require_reason(referral, invited, reason, field="reason")
    before = set(Release.objects.filter(referral=referral).values_list("provider_id", flat=True))
    releases = _invite(referral, invited, now)
    save(referral)
    _write_matches(referral, [candidate for candidate in found if candidate.key in set(wanted)], invited, now)
    new_providers = sorted({candidate.provider_id for candidate in invited})
    record(
        "referral.invited",
        subject=referral,
        actor=actor,
        data={
            "invited": len(invited),
            "new_providers": len(releases.keys() - before),
            "reason": reason.strip(),
            **restricted,
        },
        notify=tell_providers("placements.invited", referral, new_providers),
    )
    show_interest(actor, ((each.provider_id, each.establishment_id) for each in invited))
    return referral


def check_note(referral: Referral, text: str, *, field: str = "note") -> None:
    """Refuse a text for every provider that tells who somebody is (`discloses`)."""
    found = findings_in(referral, text)
    if found:
        raise RuleBroken(
            "discloses",
            _("This may tell who the person is: %(found)s") % {"found": ", ".join(f"“{f.text}”" for f in found)},
            field,
        )


def require_ready(referral: Referral) -> None:
    """Refuse a referral that lacks answers or whose texts may still tell who somebody is."""
    if missing(referral):
        raise RuleBroken("referral_incomplete", _("Finish every section before you send this referral to providers"))
    if unresolved_disclosures(referral):
        raise RuleBroken(
            "disclosures_unresolved",
            _("Look at what the disclosure check found: correct it, or confirm that it tells nobody who this is"),
        )


def require_open(referral: Referral, now: dt.datetime) -> None:
    """Raise NotNow (`closed`) after closing time."""
    if not referral.is_open_for_offers(now):
        raise NotNow("closed", _("The closing time has passed. Extend it first."))


def closing_terms(lots: Iterable[Lot], urgency: str, on: dt.date) -> ClosingTerms:
    """The longest time that a vehicle's rules give for the urgency; sealed as soon as one of them says so."""
    rules: dict[UUID, VehicleRules] = {}
    for lot in lots:
        if lot.vehicle_id not in rules:
            rules[lot.vehicle_id] = rules_in_force(lot.vehicle_id, on)[1]
    return ClosingTerms(
        hours=max(each.closing_hours(urgency) for each in rules.values()),
        is_sealed=any(each.offers_sealed for each in rules.values()),
    )


def checked_closing(closes_at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """The closing time, when it leaves providers at least half an hour and at most 90 days."""
    if closes_at < now + LEAST_NOTICE:
        raise RuleBroken("closes_too_soon", _("Closing time must be at least 30 minutes from now"), "closes_at")
    if closes_at > now + MOST_NOTICE:
        raise RuleBroken("closes_too_late", _("Closing time must be within 90 days"), "closes_at")
    return closes_at


def invited_keys(referral: Referral) -> set[str]:
    """The candidate keys that are invited already: the admission, and each household of an agency."""
    return {
        candidate_key(admission_id, household_id)
        for admission_id, household_id in Invitation.objects.filter(referral=referral)
        .exclude(status="withdrawn")
        .values_list("admission_id", "households__household_id")
    }


def save(referral: Referral) -> None:
    """Store the referral and count its revision, so that a page opened before is told."""
    referral.revision += 1
    referral.updated_at = database_now()
    referral.save()


def held(actor: Actor, reference: str, *, admission_ids: Collection[UUID] = ()) -> Referral:
    """The referral under its lock (and the shared locks of the admissions and of their providers' standing), read after
    the locks were got."""
    referral_id = referral_id_of(actor, reference)
    providers: Collection[UUID] = ()
    if admission_ids:
        providers = Admission.objects.filter(pk__in=admission_ids).values_list("provider_id", flat=True)
    locks.hold(admissions=admission_ids, standings=providers, referrals=[referral_id])
    return referral_of(actor, reference)


def admissions_in(chosen: Collection[str]) -> list[UUID]:
    """The admissions that chosen keys name. Http404 where one is no key."""
    try:
        return [UUID(key.partition(":")[0]) for key in chosen]
    except ValueError as error:
        raise Http404("No such home.") from error


def _require_eligible(found: Sequence[Candidate], chosen: Collection[str]) -> list[Candidate]:
    if not chosen:
        raise RuleBroken("nobody_invited", _("Select at least one home to invite"), "chosen")
    by_key = {candidate.key: candidate for candidate in found}
    invited = []
    for key in dict.fromkeys(chosen):
        candidate = by_key.get(key)
        if candidate is None:
            raise RuleBroken("not_eligible", _("One of the homes you selected is no longer on these lots"), "chosen")
        if not candidate.is_eligible:
            raise RuleBroken(
                "not_eligible",
                _("%(home)s can no longer be invited: %(reason)s")
                % {"home": candidate.title, "reason": "; ".join(candidate.explanations)},
                "chosen",
            )
        invited.append(candidate)
    return invited


def _require_reason(referral: Referral, invited: Sequence[Candidate], reason: str, *, field: str) -> dict[str, Any]:
    """What the audit trail keeps of inviting restricted homes; refused without a reason."""
    restricted = [candidate for candidate in invited if candidate.is_restricted]
    if not restricted:
        return {}
    if not reason.strip():
        raise RuleBroken(
            "restricted_reason_missing",
            _("%(home)s is restricted: say why it is invited and how the conditions are kept")
            % {"home": restricted[0].title},
            field,
        )
    check_note(referral, reason, field=field)
    return {"restricted": len(restricted), "restricted_reason": reason.strip()}


def _invite(
    referral: Referral, invited: Sequence[Candidate], now: dt.datetime, *, is_first: bool = False
) -> dict[UUID, Release]:
    """Releases by provider, one invitation for each admission, one row for each household. `is_first`: of a draft,
    that nobody was invited to before."""
    providers = {candidate.provider_id for candidate in invited}
    releases = write_releases(referral, provider_ids=providers, now=now, is_first=is_first)
    earlier = () if is_first else Invitation.objects.filter(referral=referral)
    invitations = {invitation.admission_id: invitation for invitation in earlier}
    nearest: dict[UUID, Decimal | None] = {}
    for candidate in invited:
        known = nearest.get(candidate.admission_id)
        if known is None or (candidate.miles is not None and candidate.miles < known):
            nearest[candidate.admission_id] = candidate.miles
    new: list[Invitation] = []
    again: list[UUID] = []
    households: list[InvitedHousehold] = []
    for candidate in invited:
        invitation = invitations.get(candidate.admission_id)
        if invitation is None:
            invitation = invitations[candidate.admission_id] = Invitation(
                authority_id=referral.authority_id,
                provider_id=candidate.provider_id,
                referral=referral,
                release=releases[candidate.provider_id],
                vehicle_id=candidate.vehicle_id,
                lot_id=candidate.lot_id,
                admission_id=candidate.admission_id,
                establishment_id=candidate.establishment_id,
                miles=nearest[candidate.admission_id],
                invited_at=now,
            )
            new.append(invitation)
        elif INVITATION.may(invitation.status, "ask_again"):
            again.append(invitation.pk)
        if candidate.household_id is not None:
            households.append(
                InvitedHousehold(
                    authority_id=referral.authority_id,
                    provider_id=candidate.provider_id,
                    invitation=invitation,
                    household_id=candidate.household_id,
                    miles=candidate.miles,
                )
            )
    Invitation.objects.bulk_create(new)
    if again:
        Invitation.objects.filter(pk__in=again).update(status=INVITATION.target("ask_again"))
    known_households: set[tuple[UUID, UUID]] = set()
    if households and not is_first:
        rows = InvitedHousehold.objects.filter(invitation__referral=referral)
        known_households = set(rows.values_list("invitation_id", "household_id"))
    InvitedHousehold.objects.bulk_create(
        row for row in households if (row.invitation_id, row.household_id) not in known_households
    )
    return {provider_id: releases[provider_id] for provider_id in sorted(providers)}


def _write_matches(
    referral: Referral, found: Iterable[Candidate], invited: Collection[Candidate], now: dt.datetime
) -> None:
    """The record of equal treatment: every candidate, what matching said, what the officer did."""
    keys = {candidate.key for candidate in invited}

    def outcome(candidate: Candidate) -> Any:
        if candidate.key in keys:
            return Match.Outcome.INVITED
        return Match.Outcome.LEFT_OUT if candidate.is_eligible else Match.Outcome.EXCLUDED

    Match.objects.bulk_create(
        (
            Match(
                authority_id=referral.authority_id,
                referral=referral,
                admission_id=candidate.admission_id,
                establishment_id=candidate.establishment_id,
                household_id=candidate.household_id,
                outcome=outcome(candidate),
                reasons=list(candidate.reasons),
                miles=candidate.miles,
                matched_at=now,
            )
            for candidate in found
        ),
        batch_size=2000,
    )
