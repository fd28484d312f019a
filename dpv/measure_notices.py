"""Who is told of measures: a reference and a link, never a reason."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import Notice
from brokerage.core.notifications import texts
from brokerage.core.tenants.actors import Actor
from dpv.models import Measure

texts.register(
    "dpv.measure_to_decide",
    subject=_("Measure %(reference)s waits for a second person"),
    body=_("A colleague has proposed something about measure %(reference)s. Sign in to read it and to decide."),
)
texts.register(
    "dpv.measure_unconfirmed",
    subject=_("Suspension %(reference)s: a second person must confirm it"),
    body=_(
        "One person put suspension %(reference)s in force because somebody was in danger. A second person must confirm"
        " or end it. Sign in to read it and to decide."
    ),
)
texts.register(
    "dpv.measure_to_review",
    subject=_("Measure %(reference)s is due for review"),
    body=_(
        "The day of review of measure %(reference)s has come. Sign in to record the review, or to propose to lift it."
    ),
)
texts.register(
    "dpv.measure_in_force",
    subject=_("Measure %(reference)s is in force"),
    body=_(
        "The central team has put measure %(reference)s in force against %(organisation)s or one of its homes. "
        "Sign in to read what it covers and why, and to appeal."
    ),
)
texts.register(
    "dpv.measure_reviewed",
    subject=_("Measure %(reference)s was reviewed"),
    body=_("The central team has reviewed measure %(reference)s. It goes on. Sign in to read its conditions."),
)
texts.register(
    "dpv.measure_lifted",
    subject=_("Measure %(reference)s is lifted"),
    body=_("Measure %(reference)s no longer holds. Sign in to read on which conditions."),
)
texts.register(
    "dpv.measure_appealed",
    subject=_("The provider appeals against measure %(reference)s"),
    body=_("The provider has given its view of measure %(reference)s. Sign in to read and to answer it."),
)
texts.register(
    "dpv.measure_answered",
    subject=_("Your appeal against measure %(reference)s is answered"),
    body=_("The central team has answered the appeal of %(organisation)s against measure %(reference)s."),
)


def to_provider(template: str, measure: Measure) -> Notice:
    """Tells whoever may appeal for the provider."""
    return _notice(template, measure, measure.provider_id, measure.provider.organisation.slug, "measure.appeal")


def to_second_person(template: str, actor: Actor, measure: Measure) -> Notice:
    """Tells whoever may decide at the acting central team."""
    return _notice(template, measure, actor.organisation_id, actor.slug, "measure.confirm")


def to_central(
    template: str, measure: Measure, *, permission: str = "measure.confirm", is_urgent: bool = False
) -> Notice:
    """Tells whoever may decide (or holds another permission) at the region's central team."""
    team = measure.region.central_team
    assert team is not None, "a region with measures has a central team"
    return _notice(template, measure, team.pk, team.slug, permission, is_urgent=is_urgent)


def _notice(
    template: str, measure: Measure, organisation_id: UUID, slug: str, permission: str, *, is_urgent: bool = False
) -> Notice:
    return Notice(
        template=template,
        organisation_id=organisation_id,
        reference=measure.reference,
        path=f"/o/{slug}/measures/{measure.reference}/",
        permissions=(permission,),
        is_urgent=is_urgent,
    )
