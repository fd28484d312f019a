"""What an authority does about a finding: it says once what it will do. A run clears it when the home passes again."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import require_text
from brokerage.safeguarding.firewall.models import Finding
from brokerage.safeguarding.firewall.states import FINDING


@transaction.atomic
def acknowledge_finding(actor: Actor, *, reference: str, plan: str) -> Finding:
    """Answer a finding, as one answers an alert: what will be done for the person there. It ends the weekly reminders,
    not the finding.

    Refused when: it is not the authority's (Http404); it was answered, or the home passes again (NotNow,
    `finding_not_now`); the plan is missing (`plan_missing`) or too long.
    """
    actor.require("alert.acknowledge")
    hold_name(f"firewall:{actor.organisation_id}")
    finding = Finding.objects.filter(reference=reference).first()
    if finding is None:
        raise Http404
    finding.state = FINDING.after(finding.state, "acknowledge")
    finding.plan = require_text(plan, field="plan", message=_("Say what will be done"))
    finding.acknowledged_at, finding.acknowledged_by_name = database_now(), actor.name[:120]
    finding.save(update_fields=["state", "plan", "acknowledged_at", "acknowledged_by_name"])
    record(
        "finding.acknowledged",
        subject=finding,
        actor=actor,
        data={"placement": finding.placement_reference, "codes": finding.codes},
    )
    return finding
