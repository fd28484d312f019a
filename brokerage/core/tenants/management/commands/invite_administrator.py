"""Invite an organisation's administrator by e-mail, who then invites everybody else on the page of people.

Signs in as the application does and enters the organisation's own role: it needs `DATABASE_URL` alone, and the
`SECRET_KEY` of the workers, which make the link from it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from brokerage.core.clock import database_now
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.actions import invite_person
from brokerage.core.tenants.context import system, worker
from brokerage.core.tenants.founding import OPERATOR_NAME, administrator_role
from brokerage.core.tenants.models import Invitation, Membership, Organisation


class Command(BaseCommand):
    help = "Invite an administrator of an organisation; everybody else is invited by them."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--organisation", required=True, metavar="SLUG")
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True, help="the person's name")
        parser.add_argument("--again", action="store_true", help="replace an invitation that is still open")

    def handle(self, *args: Any, **options: Any) -> None:
        email, name = options["email"].strip().lower(), options["name"].strip()
        try:
            validate_email(email)
        except ValidationError as refused:
            raise CommandError(f"{email} is not an e-mail address.") from refused
        if not name:
            raise CommandError("Give the person's name.")
        with worker():
            organisation = Organisation.objects.filter(slug=options["organisation"]).first()
        if organisation is None:
            raise CommandError(f"There is no organisation {options['organisation']}.")
        if not organisation.is_active:
            raise CommandError(f"{organisation.name} is closed.")
        try:
            role = administrator_role(organisation.kind)
            self.stdout.write(self._invite(organisation, email, name, role.value, again=options["again"]))
        except RuleBroken as refused:
            raise CommandError(f"{refused.message}.") from refused

    def _invite(self, organisation: Organisation, email: str, name: str, role: str, *, again: bool) -> str:
        with system(organisation.pk) as actor:
            members = Membership.objects.filter(organisation_id=organisation.pk, is_active=True)
            if members.filter(user__email=email, user__is_active=True, roles__contains=[role]).exists():
                return f"{email} is an administrator of {organisation.name} already."
            standing = Invitation.objects.filter(
                organisation_id=organisation.pk,
                email=email,
                roles__contains=[role],
                accepted_at__isnull=True,
                withdrawn_at__isnull=True,
                expires_at__gt=database_now(),
            ).first()
            if standing is not None and not again:
                return f"{email} is invited already, until {standing.expires_at:%Y-%m-%d}; --again sends a new link."
            sent = invite_person(replace(actor, name=OPERATOR_NAME), email=email, name=name, roles=[role])
        return (
            f"{email} is invited to {organisation.name} as {role}, until {sent.expires_at:%Y-%m-%d}."
            " The e-mail goes out when the workers run."
        )
