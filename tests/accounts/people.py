"""People in several places: through the invitation of the other place's administrator."""

from __future__ import annotations

from brokerage.core.tenants import actions
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.directory import doors_of
from brokerage.core.tenants.models import Organisation
from tests.cast import email_of, user_of


def administrator_of(slug: str) -> Actor:
    """Somebody who may invite there."""
    place = Organisation.objects.get(slug=slug)
    return Actor(
        user_id=None,
        name="Administrator",
        organisation_id=place.pk,
        organisation_name=place.name,
        kind=place.kind,
        slug=slug,
        permissions=frozenset({"people.manage", "organisation.manage"}),
    )


def invite(email: str, slug: str, roles: tuple[str, ...] = ("placement_officer",)) -> str:
    """Invite the address; the secret of the link that its e-mail carries."""
    with acting(administrator_of(slug)) as actor:
        invitation = actions.invite_person(actor, email=email, name="Invited", roles=list(roles))
    return actions.token_of(invitation.pk)


def join(who: str, slug: str, roles: tuple[str, ...] = ("placement_officer",)) -> None:
    """`who` belongs to the organisation, too."""
    assert actions.accept_invitation(invite(email_of(who), slug, roles), user_of(who).pk) == slug
    assert slug in {door.slug for door in doors_of(user_of(who))}
