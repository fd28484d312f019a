"""The answers kept for repeated requests hold nothing that somebody wrote about a home or a person."""

from __future__ import annotations

import pytest
from rest_framework import serializers as s

from brokerage.core.api.models import KeptAnswer
from brokerage.core.tenants.context import acting
from tests.api.clients import client_of
from tests.api.table import Route, routes
from tests.cast import actor_of, ident
from tests.dpv.measuring import CANARY, REASON, SOON

#: Whose operations take or answer what somebody wrote about a home or a person.
SUBJECTS = ("alerts:", "closures:", "complaints:", "concerns:", "incidents:", "measures:")
#: What may be answered after an act: names of organisations, homes, people at work and of the choices of a list.
PLAIN = {
    *("reference", "placement", "referral", "new_placement", "agreement", "about", "content_type", "sha256"),
    *("organisation", "authority", "provider", "home", "raised_by", "planned_by", "done_by", "written_by"),
    *("uploaded_by", "changed_by", "decided_by", "asked_by", "state"),
}
WRITING = [route for route in routes() if route.method == "post" and route.operation.scope.startswith(SUBJECTS)]
WRITING = [route for route in WRITING if not route.operation.only_reads and route.operation.answer is not None]


@pytest.mark.parametrize("route", WRITING, ids=str)
def test_an_act_answers_where_it_stands_and_repeats_no_text(route: Route) -> None:
    assert route.operation.answer is not None
    written = {
        name
        for name, field in route.operation.answer().fields.items()
        if type(field) is s.CharField or isinstance(field, s.Serializer | s.ListSerializer | s.DictField)
    }
    if route.path.endswith("/bulk"):
        written -= {"results"}
    assert written <= PLAIN, f"{route}: {written - PLAIN}"


@pytest.mark.django_db
def test_the_reason_of_a_measure_is_not_kept() -> None:
    body = {
        "kind": "suspend",
        "provider_id": str(ident("birch")),
        "reason": REASON,
        "told_provider": "We found too few staff at night.",
        "review_on": SOON.isoformat(),
    }
    machine = client_of("carol")
    first, again = (machine.post("/measures", body, key="once") for _time in range(2))
    assert first.status_code == again.status_code == 201 and first.content == again.content
    assert again["Idempotency-Replayed"] == "true"
    with acting(actor_of("carol")):
        (kept,) = KeptAnswer.objects.values_list("body", flat=True)
    assert CANARY not in kept and "too few staff" not in kept and first.json()["reference"] in kept
