"""Findings of the registration firewall through the API: an authority's own, its answers, a region's failing homes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from django.urls import URLPattern, path
from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, Query, Shape
from brokerage.core.api.operations import Call, Page, operation, resource
from brokerage.core.notifications.reading import mark_read_about
from brokerage.core.texts import LONGEST
from brokerage.safeguarding.firewall.actions.findings import acknowledge_finding
from brokerage.safeguarding.firewall.models import Finding
from brokerage.safeguarding.firewall.queries.findings import failing_homes, finding_of
from brokerage.safeguarding.firewall.queries.problems import CODES, TEXTS
from brokerage.safeguarding.firewall.states import FINDING

_CODES = [(code, TEXTS[code]) for code in CODES]


class FindingRow(Shape):
    """An open placement of yours whose home did not pass, as lists show it."""

    reference = s.CharField()
    state = s.ChoiceField(choices=FINDING.choices)
    codes = s.ListField(child=s.ChoiceField(choices=_CODES), help_text="What is wrong, or was when it cleared.")
    placement = s.CharField(help_text="Its reference.")
    home = s.CharField(help_text="As it was called when it was found.")
    establishment_id = s.UUIDField(allow_null=True, help_text="Null for a home in no register that is known here.")
    found_at = s.DateTimeField()
    changed_at = s.DateTimeField(help_text="When what is wrong last changed.")
    acknowledged_at = s.DateTimeField(allow_null=True)
    cleared_at = s.DateTimeField(allow_null=True, help_text="When a run found that it passes, or has ended.")
    example: ClassVar[dict[str, Any]] = {
        "reference": "F-7A3C9-00B12",
        "state": "open",
        "codes": ["registration_not_active"],
        "placement": "P-7K3M-9QX2",
        "home": "Birch House",
        "establishment_id": "0b0e7a3e-6f0e-4f6f-9a53-0f8f1d2c3b4a",
        "found_at": "2026-11-22T00:05:10Z",
        "changed_at": "2026-11-22T00:05:10Z",
        "acknowledged_at": None,
        "cleared_at": None,
    }


class FindingOut(FindingRow):
    """A finding, with your organisation's answer."""

    acknowledged_by = s.CharField(allow_blank=True)
    plan = s.CharField(allow_blank=True, help_text="What will be done for the person there.")
    reminded = s.IntegerField(help_text="How often your organisation was reminded to answer.")
    example: ClassVar[dict[str, Any]] = {**FindingRow.example, "acknowledged_by": "", "plan": "", "reminded": 0}


class FindingQuery(Query):
    """Which findings."""

    state = s.ChoiceField(choices=FINDING.choices, required=False)
    code = s.ChoiceField(choices=_CODES, required=False)
    establishment_id = s.UUIDField(required=False)


class NewPlan(Input):
    """Your organisation's answer."""

    plan = s.CharField(max_length=LONGEST, help_text="What will be done for the person there.")
    example: ClassVar[dict[str, Any]] = {"plan": "The social worker visits today; we look for another home."}


class FailingHomeRow(Shape):
    """A home that does not pass for somebody who lives there: how many, never who."""

    establishment_id = s.UUIDField()
    provider_id = s.UUIDField()
    home = s.CharField()
    codes = s.ListField(child=s.ChoiceField(choices=_CODES))
    placements = s.IntegerField()
    authorities = s.IntegerField()
    unanswered = s.IntegerField(help_text="Placements whose authority has not answered.")
    since = s.DateTimeField()
    example: ClassVar[dict[str, Any]] = {
        "establishment_id": "0b0e7a3e-6f0e-4f6f-9a53-0f8f1d2c3b4a",
        "provider_id": "5f1d2c3b-6f0e-4f6f-9a53-0b0e7a3e4b4a",
        "home": "Birch House",
        "codes": ["registration_not_active"],
        "placements": 3,
        "authorities": 2,
        "unanswered": 1,
        "since": "2026-11-22T00:05:10Z",
    }


_NAMES = (
    *("reference", "state", "codes", "home", "establishment_id", "found_at", "changed_at", "acknowledged_at"),
    "cleared_at",
)


@operation(scope="firewall:read", query=FindingQuery, answer=FindingRow, paged=True)
def list_findings(call: Call) -> Page:
    """List findings.

    Your open placements whose home no longer passes, and those that passed again, newest first. For an authority; a
    central team has none and lists failing homes.
    """
    call.actor.require("firewall.view")
    rows = Finding.objects.all()
    for name, column in (("state", "state"), ("establishment_id", "establishment_id")):
        if name in call.query:
            rows = rows.filter(**{column: call.query[name]})
    if "code" in call.query:
        rows = rows.filter(codes__contains=[call.query["code"]])
    if not call.actor.is_authority:
        return call.rows([])
    fields = {"placement": "placement_reference", **{name: name for name in _NAMES}}
    return call.page(rows, by=("-found_at", "-id"), fields=fields)


@operation(scope="firewall:read", answer=FindingOut)
def get_finding(call: Call, reference: str) -> dict[str, Any]:
    """Read a finding.

    What is wrong with the home of one placement, and your organisation’s answer.
    """
    call.actor.require("firewall.view")
    if not call.actor.is_authority:
        raise Http404
    found = finding_of(reference)
    mark_read_about(call.actor, reference=found.reference)
    return _out(found)


@operation(
    scope="alerts:write",
    body=NewPlan,
    answer=FindingRow,
    codes=("finding_not_now", "plan_missing", "text_too_long"),
)
def answer_finding(call: Call, reference: str) -> dict[str, Any]:
    """Answer a finding.

    Once, with what will be done. Weekly reminders end; the finding stays until the home passes again. What is found
    wrong besides asks for an answer again.
    """
    if not call.actor.is_authority:
        raise Http404
    return _row(acknowledge_finding(call.actor, reference=reference, plan=call.body["plan"]))


@operation(scope="firewall:read", answer=FailingHomeRow, paged=True)
def list_failing_homes(call: Call) -> Page:
    """List failing homes.

    For a central team: homes on its lots, or with people of its region’s authorities, that do not pass, and how many
    placements of how many authorities are affected. All of them on one page.
    """
    call.actor.require("firewall.view")
    if call.actor.kind != "central":
        return call.rows([])
    return call.rows([home._asdict() for home in failing_homes()])


def _row(found: Finding) -> dict[str, Any]:
    return {**{name: getattr(found, name) for name in _NAMES}, "placement": found.placement_reference}


def _out(found: Finding) -> dict[str, Any]:
    return {
        **_row(found),
        "acknowledged_by": found.acknowledged_by_name,
        "plan": found.plan,
        "reminded": found.reminded,
    }


urlpatterns: list[URLPattern] = [
    path("findings", resource(get=list_findings), name="findings"),
    path("findings/<str:reference>", resource(get=get_finding), name="finding"),
    path("findings/<str:reference>/answer", resource(post=answer_finding), name="finding_answer"),
    path("failing-homes", resource(get=list_failing_homes), name="failing_homes"),
]
