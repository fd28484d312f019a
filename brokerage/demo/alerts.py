"""The demo's safeguarding alerts, raised, sent, answered and closed through the real actions: one in each state, and in
one somebody came to live there after their council had answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from brokerage.core.accounts.models import User
from brokerage.core.clock import database_today
from brokerage.core.csv_output import write_csv
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting, loader, system
from brokerage.core.tenants.directory import actor_for
from brokerage.core.tenants.models import AuthorityProfile, Membership
from brokerage.safeguarding.actions.alerts import AlertFacts, close_alert, confirm_alert, dismiss_alert, raise_alert
from brokerage.safeguarding.actions.answers import acknowledge_alert, read_alert, record_check
from brokerage.safeguarding.actions.files import add_alert_file
from brokerage.safeguarding.actions.meetings import record_meeting
from brokerage.safeguarding.models import Alert, AlertRecipient, WelfareCheck
from brokerage.safeguarding.proof import ask_for_proof
from brokerage.safeguarding.queries.alerts import people_there
from placements.models import Placement
from providers.imports.engine import run_import
from providers.models import Establishment

HARROW, EALING, CENTRAL = "sorcha@harrow.example", "selma@ealing.example", "ruth@westlondon.example"
#: A row of a council's list of placements, but for the council, the home and the day.
CAME_LATER = {
    "reference": "DEMO-P-LATER",
    "person_reference": "DEMO-LATER-0001",
    "given_name": "Perran",
    "family_name": "Larkspire",
    "date_of_birth": "2011-04-16",
    "sex": "male",
    "client_group": "child",
    "legal_status": "C2",
    "need_code": "N1",
    "category": "residential",
    "source": "existing",
    "placement_type": "K2",
    "placement_provider": "PR4",
    "weekly_core": "4180.00",
    "weekly_extras": "0.00",
    "weekly_total": "4180.00",
}
ROTA = "Nights of last week: two adults awake from Monday to Thursday, one on Friday and Saturday.\n"


@dataclass(frozen=True)
class Tale:
    """One alert: who raises it, what is said, and what becomes of it. `home` counts the homes with most people."""

    who: str
    home: int
    kind: str
    severity: str
    what_happened: str
    action_taken: str
    then: Callable[[Alert], None] | None = None
    is_immediate_danger: bool = False
    told_provider: str = ""
    lado_reference: str = ""


def load_alerts() -> str:
    """Raise those that are not there; a run that was stopped goes on with the next one."""
    homes = _homes()
    raised = 0
    for tale in TALES:
        provider, home = homes[tale.home % len(homes)]
        with transaction.atomic():
            raised += _tell(tale, provider, home)
    return f"{raised} raised"


def _tell(tale: Tale, provider: UUID, home: UUID) -> int:
    """1 when told now, with what became of it; 0 when it was there."""
    actor = _actor(tale.who)
    with acting(actor):
        if Alert.objects.filter(what_happened=tale.what_happened).exists():
            return 0
        alert = raise_alert(
            actor,
            facts=AlertFacts(
                provider_id=provider,
                establishment_id=home,
                kind=tale.kind,
                severity=tale.severity,
                what_happened=tale.what_happened,
                action_taken=tale.action_taken,
                is_immediate_danger=tale.is_immediate_danger,
                told_provider=tale.told_provider,
                lado_reference=tale.lado_reference,
                lado_told_on=database_today() if tale.lado_reference else None,
                is_checked=True,
            ),
        )
    if tale.then is not None:
        tale.then(alert)
    return 1


def _homes() -> list[tuple[UUID, UUID]]:
    """(provider, children's home) pairs by how many authorities have somebody there, most first."""
    with loader():
        rows = Placement.objects.filter(
            status__in=("planned", "active"), establishment__kind="childrens_home"
        ).values_list("provider_id", "establishment_id", "authority_id")
        living: dict[tuple[UUID, UUID], set[UUID]] = {}
        for provider, home, authority in rows:
            if provider is not None and home is not None:
                living.setdefault((provider, home), set()).add(authority)
    return sorted(living, key=lambda pair: (-len(living[pair]), str(pair)))


def _actor(email: str) -> Actor:
    """The person as an actor of their first organisation."""
    with loader():
        member = Membership.objects.select_related("organisation").filter(user__email=email).order_by("pk").first()
        user = User.objects.get(email=email)
    assert member is not None
    actor = actor_for(user, member.organisation.slug)
    assert actor is not None, email
    return actor


def _answer(email: str, alert: Alert, response: str, *, found: str = "") -> None:
    """The organisation's answer, if it was told, with a plan (and what was found) for each of its people there."""
    actor = _actor(email)
    with acting(actor):
        told = AlertRecipient.objects.filter(reference=alert.reference).first()
        if told is None:
            return
        read_alert(actor, reference=alert.reference)
        plans = {
            placement.pk: "Seen today by the social worker, alone and away from the home."
            for placement in (people_there(told) if actor.is_authority else ())
        }
        acknowledge_alert(actor, reference=alert.reference, response=response, plans=plans)
        if found:
            for check in WelfareCheck.objects.filter(recipient=told):
                record_check(actor, check_id=check.pk, found=found, is_safe=True, done_on=database_today())


def _some_answer(alert: Alert) -> None:
    _answer(HARROW, alert, "We visit everyone of ours there today and stop new placements.")
    _answer(CENTRAL, alert, "We visit the home tomorrow with the regulator.")
    _answer(EALING, alert, "We have told everybody who looks for a home for us.")
    somebody_comes(_actor(EALING), alert)


def somebody_comes(council: Actor, alert: Alert) -> None:
    """Somebody of the council's comes to live there after it has answered: by its list of placements."""
    assert alert.establishment_id is not None
    with loader():
        code = AuthorityProfile.objects.values_list("gss_code", flat=True).get(organisation_id=council.organisation_id)
        number = Establishment.objects.values_list("urn", flat=True).get(pk=alert.establishment_id)
    said = CAME_LATER | {"authority_gss": code, "establishment_urn": number, "started_on": str(database_today())}
    with system(council.organisation_id) as actor:
        pass
    run = run_import(actor, "placements", write_csv([list(said), list(said.values())]), file_name="came-later.csv")
    if run.rows_refused:
        raise RuntimeError("Whoever comes later to a home of the demo's was refused")


def _sent_by_another(alert: Alert) -> None:
    actor = _actor("moira@ealing.example")
    with acting(actor):
        confirm_alert(actor, reference=alert.reference)
    _answer(EALING, alert, "A social worker is on the way to everyone of ours.")
    _with_papers(alert)


def _with_papers(alert: Alert) -> None:
    """A file of whoever raised it, a strategy meeting of the central team, and who was told as a PDF."""
    ealing, central = _actor(EALING), _actor(CENTRAL)
    rota = SimpleUploadedFile("staffing-rota.txt", ROTA.encode(), "text/plain")
    with acting(ealing):
        add_alert_file(ealing, reference=alert.reference, upload=rota)
        ask_for_proof(ealing, reference=alert.reference)
    with acting(central):
        today = database_today()
        record_meeting(
            central,
            reference=alert.reference,
            held_on=today,
            chaired_by="Head of safeguarding, the region’s central team",
            attended="Police\nDesignated officer\nThe regulator\nCouncils with people there",
            notes="The police have spoken with the member of staff, who stays away from the home.",
            decisions="Nobody new is placed there until the next meeting. Each council visits its own people.",
            next_on=today + dt.timedelta(days=7),
            is_checked=True,
        )


def _closed(alert: Alert) -> None:
    well = "Safe and well; no worries about the home."
    _answer(HARROW, alert, "Everyone of ours was seen the same evening.", found=well)
    _answer(EALING, alert, "We have looked at our own records and found nothing like it.", found=well)
    actor = _actor(HARROW)
    with acting(actor):
        close_alert(
            actor,
            reference=alert.reference,
            outcome="The boiler was replaced and the home was inspected again. Nobody was harmed.",
        )


def _dismissed(alert: Alert) -> None:
    actor = _actor("tom@harrow.example")
    with acting(actor):
        dismiss_alert(actor, reference=alert.reference, reason="The report was about another home with a similar name.")


TALES = (
    Tale(
        HARROW,
        1,
        "staffing",
        "medium",
        "The manager and two senior members of staff left within a week, and agency staff cover every night.",
        "We have asked the provider for a staffing plan and visit twice a week.",
        _some_answer,
        told_provider="We are told that several senior members of staff have left. Send us your staffing plan.",
    ),
    Tale(
        EALING,
        0,
        "allegation",
        "high",
        "A member of staff is said to have hurt a resident while holding them. The police are looking into it.",
        "The member of staff has been sent home. The designated officer and the regulator know.",
        _sent_by_another,
        lado_reference="LADO-2026-0417",
    ),
    Tale(
        HARROW,
        2,
        "missing",
        "high",
        "Residents have gone missing overnight eleven times this month and came back with money and telephones.",
        "We have asked for a strategy meeting with the police this week.",
    ),
    Tale(
        HARROW,
        3,
        "premises",
        "low",
        "The boiler failed and the home was without heating for five days before anybody was told.",
        "The provider has brought heaters and has ordered a new boiler.",
        _closed,
    ),
    Tale(
        HARROW,
        4,
        "restraint",
        "high",
        "A visitor reported a locked bedroom door at night.",
        "We have telephoned the home.",
        _dismissed,
    ),
    Tale(
        EALING,
        5,
        "serious_injury",
        "high",
        "A resident was taken to hospital after a fall from an upper window that should have been restricted.",
        "Ambulance and police attended. Every other window is being checked tonight.",
        is_immediate_danger=True,
    ),
)
