"""What needs doing now at a provider, by what the person may do."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from brokerage.core.pages.templatetags.pages import day
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address
from brokerage.home.authority import agreements_to_sign
from brokerage.home.lists import Entry, WorkList, together, work_list
from contracts.models import Signature
from placements.models import Invitation, Offer, Release
from placements.queries.inbox import summary_of
from providers.models import Insurance, Occupancy

#: Vacancies older than this mislead those who look for a home.
VACANCIES_STALE = dt.timedelta(days=7)
#: A policy that runs out within this is to be renewed.
RENEW_WITHIN = dt.timedelta(days=30)


def work_of(actor: Actor, now: dt.datetime) -> list[WorkList]:
    """The lists of what the person may do, the most pressing first."""
    lists: list[WorkList] = []
    if actor.may("agreement.sign_provider"):
        lists += together(agreements_to_sign(actor, Signature.Side.PROVIDER))
    if actor.may("offer.write"):
        lists.append(to_confirm(actor, now))
    if actor.may("inbox.view"):
        lists.append(opportunities(actor, now))
    if actor.may("offer.write"):
        lists.append(drafts(actor, now))
    if actor.may("profile.manage", "vacancy.manage"):
        lists.append(vacancies(actor, now))
    if actor.may("profile.manage"):
        lists.append(insurance(actor, now))
    return lists


def opportunities(actor: Actor, now: dt.datetime) -> WorkList:
    """Referrals that wait for an answer, the least time left first."""
    unanswered = Invitation.objects.filter(release_id=OuterRef("pk"), status="open")
    answered = Offer.objects.filter(release_id=OuterRef("pk"), status__in=("submitted", "accepted"))
    rows = Release.objects.filter(Exists(unanswered), ~Exists(answered), state=Release.State.OPEN, closes_at__gt=now)

    def entry(release: Release) -> Entry:
        return Entry(
            release.reference,
            address(actor, "placements:opportunity", reference=release.reference),
            f"{release.authority_name}. {summary_of(release)}",
            release.closes_at,
        )

    return work_list(
        _("Referrals to answer"),
        rows.order_by("closes_at", "pk"),
        entry,
        empty=_("No referral waits for your answer."),
        url=address(actor, "placements:inbox"),
    )


def _offers(actor: Actor, rows: QuerySet[Offer], title: str, empty: str) -> WorkList:
    def entry(offer: Offer) -> Entry:
        return Entry(
            offer.release.reference,
            address(actor, "placements:offer", offer=offer.pk),
            offer.establishment.name,
            offer.release.closes_at,
        )

    rows = rows.select_related("release", "establishment")
    return work_list(title, rows, entry, empty=empty, url=address(actor, "placements:offer_list"))


def drafts(actor: Actor, now: dt.datetime) -> WorkList:
    """Offers begun and not sent, on referrals still open."""
    rows = Offer.objects.filter(status="draft", release__state=Release.State.OPEN, release__closes_at__gt=now)
    return _offers(
        actor, rows.order_by("release__closes_at", "pk"), _("Offers to finish"), _("You have no unfinished offers.")
    )


def to_confirm(actor: Actor, now: dt.datetime) -> WorkList:
    """Offers made before the referral changed."""
    rows = Offer.objects.filter(status="needs_reconfirming", release__state=Release.State.OPEN)
    return _offers(
        actor,
        rows.filter(release__closes_at__gt=now).order_by("release__closes_at", "pk"),
        _("Offers to confirm again"),
        _("No offer needs confirming again."),
    )


def vacancies(actor: Actor, now: dt.datetime) -> WorkList:
    """Places last looked at more than a week ago."""
    rows = Occupancy.objects.filter(updated_at__lt=now - VACANCIES_STALE).select_related("establishment", "household")

    def entry(places: Occupancy) -> Entry:
        if places.household is not None:
            name = places.household.code
            url = address(actor, "providers:household_vacancies", pk=places.household.pk)
        else:
            assert places.establishment is not None
            name = places.establishment.name
            url = address(actor, "providers:vacancies", pk=places.establishment.pk)
        return Entry(
            name,
            url,
            _("%(free)s of %(places)s places free, said on %(day)s")
            % {"free": places.vacancies, "places": places.places, "day": day(places.updated_at)},
        )

    return work_list(
        _("Vacancies to check"),
        rows.order_by("updated_at", "pk"),
        entry,
        empty=_("Your vacancies are up to date."),
        url=address(actor, "providers:own_establishments"),
    )


def expiring_insurance(on: dt.date) -> QuerySet[Insurance]:
    """Policies whose last day is within 30 days and that no other of the kind follows."""
    follows = Insurance.objects.filter(
        provider_id=OuterRef("provider_id"), kind=OuterRef("kind"), expires_on__gt=OuterRef("expires_on")
    )
    return Insurance.objects.filter(
        ~Exists(follows), expires_on__gte=on - RENEW_WITHIN, expires_on__lte=on + RENEW_WITHIN
    )


def insurance(actor: Actor, now: dt.datetime) -> WorkList:
    """Policies that run out soon and that no other of the kind follows."""
    rows = expiring_insurance(localdate(now)).order_by("expires_on", "pk")

    def entry(policy: Insurance) -> Entry:
        return Entry(
            policy.get_kind_display(),
            address(actor, "providers:own_establishments"),
            (_("Ended %(day)s") if policy.expires_on < localdate(now) else _("Ends %(day)s"))
            % {"day": day(policy.expires_on)},
        )

    return work_list(_("Insurance to renew"), rows, entry, empty=_("No policy ends in the next 30 days."))
