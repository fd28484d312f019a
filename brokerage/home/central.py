"""What needs doing now at a region's central team. It reads admissions and evidence, never a referral."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from brokerage.core.money import pounds
from brokerage.core.pages.templatetags.pages import day
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Delegation
from brokerage.core.web import address
from brokerage.home.lists import Entry, WorkList, work_list
from brokerage.home.provider import expiring_insurance
from dpv.models import Admission, Ceiling, Suspension
from dpv.queries.measures import REVIEW_WITHIN
from dpv.states import ADMISSION_LIVE
from providers.models import Insurance

#: Ceilings are looked at this long ahead.
CEILINGS_WITHIN = dt.timedelta(days=60)


def work_of(actor: Actor, now: dt.datetime) -> list[WorkList]:
    """The lists of what the person may do."""
    today = localdate(now)
    lists: list[WorkList] = []
    if actor.may("dpv.view"):
        lists += [reviews(actor, today), registrations(actor), insurance(actor, today), ceilings(actor, today)]
    if actor.may("hub.act"):
        lists.append(delegations(actor, today))
    return lists


def _admission_entry(actor: Actor, admission: Admission, hint: str, state: str = "", label: str = "") -> Entry:
    return Entry(
        f"{admission.establishment.name}, {admission.vehicle.code} {admission.lot.code}",
        address(actor, "dpv:admission", admission=admission.pk),
        hint,
        state=state,
        state_label=label,
    )


def reviews(actor: Actor, today: dt.date) -> WorkList:
    """Suspensions to review within a week, or overdue."""
    rows = Suspension.objects.filter(lifted_at__isnull=True).filter(
        Q(review_on__isnull=True) | Q(review_on__lte=today + REVIEW_WITHIN)
    )
    rows = rows.select_related("admission__establishment", "admission__vehicle", "admission__lot")

    def entry(suspension: Suspension) -> Entry:
        late = suspension.review_on is None or suspension.review_on < today
        hint = _("Review %(day)s") % {"day": day(suspension.review_on)} if suspension.review_on else _("No day set")
        return _admission_entry(
            actor, suspension.admission, hint, *(("overdue", _("Overdue")) if late else ("due", _("Due")))
        )

    return work_list(
        _("Suspensions to review"),
        rows.order_by("review_on", "pk"),
        entry,
        empty=_("No suspension is due for review."),
    )


def registrations(actor: Actor) -> WorkList:
    """Admitted establishments whose registration is no longer active: matching leaves them out already."""
    rows = Admission.objects.filter(status="admitted").exclude(establishment__registration_status="active")
    rows = rows.select_related("establishment", "vehicle", "lot")

    def entry(admission: Admission) -> Entry:
        return _admission_entry(
            actor,
            admission,
            _("Registration: %(status)s") % {"status": admission.establishment.get_registration_status_display()},
        )

    return work_list(
        _("Admitted, registration not active"),
        rows.order_by("establishment__name", "pk"),
        entry,
        empty=_("Every admitted establishment is registered."),
    )


def insurance(actor: Actor, today: dt.date) -> WorkList:
    """Policies of the region's providers that end within 30 days or have just ended, and that none follows."""
    ours = Admission.objects.filter(provider_id=OuterRef("provider_id"), status__in=ADMISSION_LIVE)
    rows = expiring_insurance(today).filter(Exists(ours)).select_related("provider")

    def entry(policy: Insurance) -> Entry:
        ended = policy.expires_on < today
        return Entry(
            policy.provider.legal_name,
            address(actor, "providers:provider", pk=policy.provider_id),
            _("%(kind)s, last day %(day)s") % {"kind": policy.get_kind_display(), "day": day(policy.expires_on)},
            state="lapsed" if ended else "expiring",
            state_label=_("Lapsed") if ended else _("Ending"),
        )

    return work_list(
        _("Insurance ending"),
        rows.order_by("expires_on", "pk"),
        entry,
        empty=_("No provider’s insurance ends in the next 30 days."),
    )


def ceilings(actor: Actor, today: dt.date) -> WorkList:
    """Ceilings that end within 60 days with no later one for the same ages."""
    follows = Ceiling.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=OuterRef("valid_to")),
        admission_id=OuterRef("admission_id"),
        age_min__lte=OuterRef("age_min"),
        age_max__gte=OuterRef("age_max"),
    )
    rows = Ceiling.objects.filter(
        ~Exists(follows),
        valid_to__gte=today,
        valid_to__lte=today + CEILINGS_WITHIN,
        admission__status__in=("admitted", "suspended"),
    ).select_related("admission__establishment", "admission__vehicle", "admission__lot")

    def entry(ceiling: Ceiling) -> Entry:
        assert ceiling.valid_to is not None
        return _admission_entry(
            actor,
            ceiling.admission,
            _("Ages %(low)s to %(high)s, %(weekly)s, until %(day)s")
            % {
                "low": ceiling.age_min,
                "high": ceiling.age_max,
                "weekly": pounds(ceiling.weekly),
                "day": day(ceiling.valid_to),
            },
        )

    return work_list(
        _("Ceiling prices ending"),
        rows.order_by("valid_to", "pk"),
        entry,
        empty=_("No ceiling price ends in the next 60 days."),
    )


def delegations(actor: Actor, today: dt.date) -> WorkList:
    """Authorities whose referrals the hub runs today; the link leads into the authority."""
    rows = Delegation.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=today), ended_at__isnull=True, starts_on__lte=today
    ).select_related("authority")

    def entry(delegation: Delegation) -> Entry:
        limit = delegation.weekly_limit
        return Entry(
            delegation.authority.name,
            reverse("organisation_home", kwargs={"organisation": delegation.authority.slug}),
            _("Up to %(limit)s a week") % {"limit": pounds(limit)} if limit is not None else _("Without awards"),
        )

    return work_list(
        _("Authorities you act for"),
        rows.order_by("authority__name", "pk"),
        entry,
        empty=_("No authority has delegated its referrals to your team."),
    )
