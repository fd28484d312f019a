"""Operations that exist only in tests: one of every habit, whose effect is an entry of the audit trail.

Use with `settings.ROOT_URLCONF = "tests.api.probes"`.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import include, path
from rest_framework import serializers as s

from brokerage.core.api.bulk import BulkAnswer, bulk_input, each
from brokerage.core.api.inputs import CodeField, Input, MoneyField, Shape
from brokerage.core.api.operations import Call, Created, Page, operation, resource
from brokerage.core.audit.models import Entry
from brokerage.core.audit.record import record
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.models import Organisation

KIND = "probe.done"
#: What the thing under /things/{code} says now: several editions in one test.
STANDING = {"word": "first"}


class Line(Input):
    """A line of a thing."""

    price = MoneyField()
    number = s.IntegerField(min_value=1, max_value=99, default=1)


class NewThing(Input):
    """One field of each sort."""

    word = s.CharField(max_length=40)
    lines = Line(many=True, required=False)
    on = s.DateField(required=False)
    at = s.DateTimeField(required=False)
    code = CodeField(required=False)
    score = s.DecimalField(max_digits=5, decimal_places=2, required=False)
    is_good = s.BooleanField(required=False)
    which = s.UUIDField(required=False)
    free = s.JSONField(required=False)
    example = {"word": "Lamp"}


class Thing(Shape):
    """What became of it."""

    word = s.CharField()
    number = s.IntegerField()
    example = {"word": "Lamp", "number": 1}


class Changed(Input):
    """The word to be."""

    word = s.CharField(max_length=40, required=False)
    example = {"word": "Lamp"}


class EntryRow(Shape):
    """An entry."""

    word = s.CharField()
    example = {"word": "Lamp"}


def done(call: Call, word: str) -> int:
    """The probe's one effect; how often it has happened."""
    organisation = Organisation.objects.get(pk=call.actor.organisation_id)
    record(KIND, subject=organisation, actor=call.actor, reference=word)
    return Entry.objects.filter(kind=KIND).count()


def _one(call: Call, word: str) -> dict[str, Any]:
    if word == "rule":
        raise RuleBroken("word_broken", "Not this word", "word")
    return {"word": word, "number": done(call, word)}


@operation(scope="webhooks:write", body=NewThing, answer=Thing, status=201, codes=("word_broken", "word_later"))
def make_thing(call: Call) -> Created:
    """Make a thing."""
    made = _one(call, call.body["word"])
    if call.body["word"] == "later":
        raise NotNow("word_later", "Not now")
    if call.body["word"] == "forbidden":
        raise NotPermitted("probe")
    if call.body["word"] == "fault":
        raise ZeroDivisionError
    return Created(made, location=f"/things/{made['number']}")


@operation(scope="webhooks:write", body=bulk_input(NewThing), answer=BulkAnswer, codes=("word_broken",))
def make_things(call: Call) -> dict[str, Any]:
    """Make things."""
    return each(call.body["items"], lambda item: str(_one(call, item["word"])["number"]))


@operation(scope="reference:read", answer=EntryRow, paged=True)
def list_things(call: Call) -> Page:
    """List things."""
    rows = Entry.objects.filter(kind=KIND)
    return call.page(rows, by=("-at", "-id"), fields={"word": "subject_reference"})


@operation(scope="reference:read", answer=Thing)
def get_thing(call: Call, code: str) -> dict[str, Any]:
    """Read a thing."""
    return {"word": STANDING["word"], "number": 1}


@operation(scope="webhooks:write", body=Changed, answer=Thing, partial=True, current=get_thing)
def change_thing(call: Call, code: str) -> dict[str, Any]:
    """Change a thing."""
    STANDING.update(call.body)
    done(call, STANDING["word"])
    return {"word": STANDING["word"], "number": 1}


@operation(scope="webhooks:write")
def remove_thing(call: Call, code: str) -> None:
    """Remove a thing."""
    done(call, "removed")


@operation(scope="webhooks:write", upload=True, answer=Thing)
def upload_thing(call: Call, code: str) -> dict[str, Any]:
    """Upload a thing."""
    assert call.file is not None
    return {"word": str(call.file.content_type), "number": len(call.file.read())}


things = [
    path("things", resource(get=list_things, post=make_thing)),
    path("things/bulk", resource(post=make_things)),
    path("things/<str:code>", resource(get=get_thing, patch=change_thing, delete=remove_thing)),
    path("things/<str:code>/file", resource(post=upload_thing)),
]
urlpatterns = [path("api/v1/", include(things)), path("", lambda request: HttpResponse())]
