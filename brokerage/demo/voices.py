"""The demo's posters and what people said with them: not read, answered, closed through the real actions.

The words themselves are written by the loader, which may not take the public's role."""

from __future__ import annotations

from django.db import connection

from brokerage.core.clock import database_now
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting, loader, worker
from brokerage.core.tenants.directory import actor_for
from brokerage.core.tenants.models import Membership
from brokerage.safeguarding.voice import actions, speaking
from brokerage.safeguarding.voice.codes import RECEIPT, new_code
from brokerage.safeguarding.voice.models import Code, Message
from brokerage.safeguarding.voice.queries import homes_of

LEAD = "sorcha@harrow.example"
HOMES = 3
#: What is said, by whom, of which home, whether danger is now, and what becomes of it.
TALES = (
    ("lives", 0, True, "I do not feel safe at night. Somebody comes into my room. Do not tell the staff.", "new"),
    ("works", 1, False, "There are not enough of us at weekends and the rota says otherwise.", "answered"),
    ("knows", 2, False, "I visit on Sundays. The kitchen is locked and they are hungry.", "closed"),
    ("lives", 0, False, "Nobody asks us what we want to eat. I told my social worker twice.", "new"),
)


def load_voices() -> str:
    """Make the codes and say what is not there yet."""
    actor = _lead()
    with acting(actor):
        homes = list(homes_of(actor).values_list("pk", flat=True)[:HOMES])
        known = dict(Code.objects.filter(replaced_at__isnull=True).values_list("establishment_id", "code"))
        codes = [known.get(home) or _printed(actor, actions.make_code(actor, home_id=home)) for home in homes]
        if not codes or Message.objects.exists():
            return "there already"
        now = database_now()
    with loader():
        for who, home, is_in_danger, text, _then in TALES:
            Message(
                code=codes[home % len(codes)],
                who=who,
                text=text,
                is_in_danger=is_in_danger,
                receipt_hash=speaking.hashed(new_code(RECEIPT)),
                received_at=now,
                waiting_since=now,
            ).save(force_insert=True)
    with worker(), connection.cursor() as cursor:
        cursor.execute("SELECT voice_route(100)")
    with acting(actor):
        for _who, _home, _danger, text, then in TALES:
            if then != "new":
                _deal_with(actor, Message.objects.get(text=text).reference, then)
    return f"{len(codes)} codes, {len(TALES)} messages"


def _deal_with(actor: Actor, reference: str, then: str) -> None:
    actions.read_message(actor, reference=reference)
    answer = "Thank you for telling us. We visit this week without saying so before."
    actions.answer_message(actor, reference=reference, text=answer)
    if then == "closed":
        outcome = "An unannounced visit the same week: the kitchen is open now, and the regulator was told."
        actions.close_message(actor, reference=reference, outcome=outcome)


def _printed(actor: Actor, code: Code) -> str:
    return actions.print_code(actor, pk=code.pk).code


def _lead() -> Actor:
    with loader():
        member = Membership.objects.select_related("organisation", "user").get(user__email=LEAD)
    actor = actor_for(member.user, member.organisation.slug)
    assert actor is not None
    return actor
