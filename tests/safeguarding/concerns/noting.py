"""Concerns and complaints through the real actions, for tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.utils import timezone

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.concerns.actions import complaints, concerns
from brokerage.safeguarding.concerns.actions.complaints import ComplaintFacts
from brokerage.safeguarding.concerns.actions.concerns import ConcernFacts
from brokerage.safeguarding.concerns.models import Complaint, Concern, Suggestion
from placements.actions.placements import end_placement, start_placement
from placements.models import Placement
from tests.api.crowds import superuser
from tests.cast import TODAY, actor_of, ident
from tests.scenarios import awarded

#: A word that only those may read who may read the concern.
CANARY = "Fernhollow"


def noted(who: str = "olive", **changes: Any) -> Concern:
    """A concern about Birch House, noted by this person for their organisation."""
    said: dict[str, Any] = {
        "provider_id": ident("birch"),
        "establishment_id": ident("birch-house"),
        "kind": "care",
        "what": f"The kitchen was dirty when we came from {CANARY}.",
        "seen_on": TODAY - dt.timedelta(days=1),
        "is_checked": True,
    }
    with acting(actor_of(who)) as actor:
        return concerns.write_concern(actor, facts=ConcernFacts(**{**said, **changes}))


def worked(*queues: str) -> None:
    """Do the work of the queues that is due by now, though the test's transaction began earlier."""
    for queue in queues:
        with worker():
            due = OutboxItem.objects.filter(queue=queue, done_at__isnull=True, available_at__lte=timezone.now())
            items = list(due.order_by("created_at"))
        for item in items:
            assert outbox.do(item), item.kind


def three_noted() -> None:
    """Two of Harrow's and one of Ealing's about Birch House, with what follows at once."""
    noted(what="The kitchen was dirty.")
    noted("oscar", what="Nobody came to the door.")
    noted("edith", what="Reports come late.")
    worked("default")


def suggestions_of(who: str) -> list[Suggestion]:
    with acting(actor_of(who)):
        return list(Suggestion.objects.order_by("pattern", "raised_at"))


def complained(who: str = "olive", **changes: Any) -> Complaint:
    """Harrow's complaint against Birch, or Birch's against Harrow."""
    against = ident("birch") if actor_of(who).is_authority else actor_of("olive").organisation_id
    said = {
        "against_id": against,
        "kind": "invoice",
        "what": f"The invoice counts five weeks at {CANARY}.",
        "wanted": "A corrected invoice.",
        "is_checked": True,
    }
    with acting(actor_of(who)) as actor:
        return complaints.make_complaint(actor, facts=ComplaintFacts(**{**said, **changes}))


def did(who: str, act: str, complaint: Complaint, text: str | None = None) -> Any:
    """One act of `actions.complaints` by this person."""
    said = {} if text is None else {"text": text}
    with acting(actor_of(who)) as actor:
        return getattr(complaints, act)(actor, reference=complaint.reference, **said)


def in_mediation(who: str = "olive", **changes: Any) -> Complaint:
    """Harrow's complaint, acknowledged and answered by Birch, in which Harrow asked for mediation."""
    complaint = complained(who, **changes)
    did("bob", "acknowledge_complaint", complaint)
    did("bob", "answer_complaint", complaint, "The invoice is right.")
    did("olive", "ask_mediation", complaint, "We cannot agree.")
    return complaint


def made_earlier(complaint: Complaint, days: int) -> None:
    """Move the complaint into the past, as if it had been made so many days ago; needs `committed`."""
    with superuser(str(connection.settings_dict["NAME"])) as cursor:
        cursor.execute(
            "UPDATE concerns_complaint SET made_at = made_at - make_interval(days => %s),"
            " acknowledge_by = acknowledge_by - %s WHERE id = %s",
            [days, days, str(complaint.pk)],
        )


def ended(reason: str, home: str = "birch-house") -> None:
    """A placement of Harrow's that began and ended today for this reason."""
    _story, award = awarded(home)
    with acting(actor_of("oscar")) as oscar:
        placement = Placement.objects.get(award=award)
        start_placement(
            oscar, placement_id=placement.pk, started_on=TODAY, placement_type="K2", placement_provider="PR4"
        )
        end_placement(oscar, placement_id=placement.pk, ended_on=TODAY, end_reason=reason)
