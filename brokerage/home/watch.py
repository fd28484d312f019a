"""What else waits in safeguarding: measures, homes that no longer pass, closures, events, messages."""

from __future__ import annotations

import datetime as dt

from django.db.models import Case, Q, Value, When
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from brokerage.core.pages.templatetags.pages import day
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address
from brokerage.home.lists import Entry, WorkList, work_list
from brokerage.safeguarding.closures.models import ClosureResident
from brokerage.safeguarding.closures.states import CLOSURE_RUNNING
from brokerage.safeguarding.firewall.models import Finding
from brokerage.safeguarding.firewall.queries.problems import words
from brokerage.safeguarding.incidents.models import Incident
from brokerage.safeguarding.incidents.queries import STATES
from brokerage.safeguarding.voice.models import Message
from dpv.models import Measure
from dpv.queries.measures import to_review


def work_of(actor: Actor, now: dt.datetime) -> list[WorkList]:
    """The lists of what the person may do. One query each."""
    lists: list[WorkList] = []
    if actor.may("voice.view"):
        lists.append(to_read(actor))
    if actor.may("incident.answer"):
        lists.append(events(actor))
    if actor.may("measure.confirm"):
        lists.append(measures(actor, now))
    if actor.may("measure.propose"):
        lists.append(measures_to_review(actor, now))
    if actor.is_authority and actor.may("firewall.view"):
        lists.append(findings(actor))
    if actor.is_authority and actor.may("closure.track"):
        lists.append(closing(actor))
    return lists


def to_read(actor: Actor) -> WorkList:
    """Messages that nobody has read, those that tell of danger first, then the oldest."""
    rows = Message.objects.filter(status="new").select_related("establishment").defer("text", "outcome")

    def entry(message: Message) -> Entry:
        return Entry(
            message.reference,
            address(actor, "voice:message", reference=message.reference),
            message.establishment.name if message.establishment else _("Home not known"),
            state="overdue" if message.is_in_danger else "due",
            state_label=_("Danger now") if message.is_in_danger else _("Not read"),
        )

    return work_list(
        _("Messages to read from people in homes"),
        rows.order_by("-is_in_danger", "waiting_since", "pk"),
        entry,
        empty=_("No message from people in homes is unread."),
        url=f"{address(actor, 'voice:message_list')}?status=new",
    )


def events(actor: Actor) -> WorkList:
    """Who is missing now, then what nobody has acknowledged, then return interviews to do; of each the oldest first."""
    new, interview = STATES["unacknowledged"][0], STATES["interview"][0]
    rows = Incident.objects.filter(Q(status="missing") | new | interview).annotate(
        place=Case(When(status="missing", then=Value(0)), When(new, then=Value(1)), default=Value(2))
    )

    def entry(incident: Incident) -> Entry:
        label = _("Return interview to do")
        if incident.status == "missing":
            label = _("Missing now")
        elif incident.acknowledged_at is None and incident.status == "reported":
            label = _("Not acknowledged")
        home = incident.establishment.name if incident.establishment else ""
        return Entry(
            incident.reference,
            address(actor, "incidents:incident", reference=incident.reference),
            ", ".join(filter(None, (str(incident.get_kind_display()), home))),
            state="overdue" if incident.status == "missing" else "due",
            state_label=label,
        )

    return work_list(
        _("Events of residents that wait for you"),
        rows.select_related("establishment").order_by("place", "happened_at", "pk"),
        entry,
        empty=_("No event of a resident waits for you."),
        url=f"{address(actor, 'incidents:incident_list')}?state=open",
    )


def measures(actor: Actor, now: dt.datetime) -> WorkList:
    """Measures, and liftings, that a colleague proposed: those that hold already until a day first."""
    lifting = Q(lift_proposed_by_user_id=actor.user_id) | Q(lift_secret_by_id=actor.user_id)
    proposing = Q(proposed_by_user_id=actor.user_id) | Q(proposed_secret_by_id=actor.user_id)
    mine = Q(status="lift_proposed") & lifting | Q(status__in=("proposed", "unconfirmed")) & proposing
    rows = Measure.objects.filter(status__in=("proposed", "unconfirmed", "lift_proposed")).exclude(mine)
    today = localdate(now)

    def entry(measure: Measure) -> Entry:
        late = measure.confirm_by is not None and measure.confirm_by < today and measure.status == "unconfirmed"
        hint = f"{measure.get_kind_display()}, {measure.about}"
        if measure.status == "unconfirmed" and measure.confirm_by:
            hint = _("%(what)s. Confirm by %(day)s") % {"what": hint, "day": day(measure.confirm_by)}
        return Entry(
            measure.reference,
            address(actor, "dpv:measure", reference=measure.reference),
            hint,
            state="overdue" if late else "due",
            state_label=_("Overdue") if late else measure.get_status_display(),
        )

    return work_list(
        _("Measures to decide"),
        rows.order_by("confirm_by", "proposed_at", "pk"),
        entry,
        empty=_("No measure waits for a second person."),
        url=f"{address(actor, 'dpv:measure_list')}?show=waiting",
    )


def measures_to_review(actor: Actor, now: dt.datetime) -> WorkList:
    """Measures that hold and are to be reviewed within a week, or were, the earliest day first."""
    today = localdate(now)

    def entry(measure: Measure) -> Entry:
        what = f"{measure.get_kind_display()}, {measure.about}"
        late = measure.review_on < today
        return Entry(
            measure.reference,
            address(actor, "dpv:measure", reference=measure.reference),
            _("%(what)s. Review on %(day)s") % {"what": what, "day": day(measure.review_on)},
            state="overdue" if late else "due",
            state_label=_("Overdue") if late else _("Due"),
        )

    return work_list(
        _("Measures to review"),
        Measure.objects.filter(to_review(today)).order_by("review_on", "pk"),
        entry,
        empty=_("No measure is due for review."),
        url=f"{address(actor, 'dpv:measure_list')}?show=review",
    )


def findings(actor: Actor) -> WorkList:
    """Placements in homes that no longer pass and that nobody has answered, the oldest first."""

    def entry(finding: Finding) -> Entry:
        wrong = ", ".join(words(finding.codes))
        return Entry(
            finding.reference,
            address(actor, "firewall:finding", reference=finding.reference),
            f"{finding.home}: {wrong}",
        )

    return work_list(
        _("Homes that no longer pass, to answer"),
        Finding.objects.filter(state="open").order_by("found_at", "pk"),
        entry,
        empty=_("Nothing is found about your people’s homes that nobody has answered."),
        url=f"{address(actor, 'firewall:finding_list')}?state=open",
    )


def closing(actor: Actor) -> WorkList:
    """People in homes that close who have no next home yet, the nearest day first."""
    rows = ClosureResident.objects.filter(status__in=("not_started", "looking"), closure__status__in=CLOSURE_RUNNING)

    def entry(resident: ClosureResident) -> Entry:
        return Entry(
            resident.placement_reference,
            address(actor, "closures:closure_resident", reference=resident.closure.reference, resident=resident.pk),
            _("%(home)s closes on %(day)s") % {"home": resident.closure.about, "day": day(resident.closure.closes_on)},
            state="overdue" if resident.status == "not_started" else "due",
            state_label=resident.get_status_display(),
        )

    return work_list(
        _("People to move from homes that close"),
        rows.select_related("closure").order_by("closure__closes_on", "placement_reference", "pk"),
        entry,
        empty=_("Nobody in a home that closes is without a next home."),
        url=address(actor, "closures:closure_list"),
    )
