"""The door to tenants' data: a transaction, a database role and transaction-local settings, entered together.

Requests, API calls, tasks and commands all come through here; without it managers raise and PostgreSQL answers
"permission denied".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from brokerage.core.clock import heard
from brokerage.core.sms.gateways import texts_are_set_up
from brokerage.core.tenants.actors import Actor

ROLE_BY_KIND = {
    "authority": "brokerage_authority",
    "associate": "brokerage_associate",
    "provider": "brokerage_provider",
    "central": "brokerage_central",
    "host": "brokerage_operator",
}


#: How many joined tables the planner puts in the order it thinks best; of more, the query's own order stands from one
#: such group to the next. PostgreSQL weighs eight of its own accord, and row security makes that dear: planning a row
#: with its dozen related ones took 20 to 60 milliseconds and reading it half of one. With five it takes two.
WEIGHED_JOINS = 5


class OutsideContext(RuntimeError):
    """Tenants' data was asked for without saying for whom."""


@dataclass(frozen=True)
class Context:
    """What the current transaction is allowed to see."""

    role: str
    organisation_id: UUID | None
    user_id: UUID | None
    actor: Actor | None = None
    #: The kinds of referral a delegation covers; none named is all of them.
    categories: tuple[str, ...] = ()


_NOBODY = Context("none", None, None)
_current: ContextVar[Context | None] = ContextVar("tenancy", default=None)


def current() -> Context | None:
    """The context in force, or None."""
    return _current.get()


def require_context() -> Context:
    """The context in force; raises `OutsideContext` when there is none."""
    context = _current.get()
    if context is None:
        raise OutsideContext("Enter brokerage.core.tenants.context.acting() first.")
    return context


def _apply(context: Context) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', %s, true), set_config('app.organisation_id', %s, true),"
            " set_config('app.user_id', %s, true), set_config('app.categories', %s, true),"
            " set_config('app.texts', %s, true), set_config('join_collapse_limit', %s, true), clock_timestamp()",
            [
                context.role,
                str(context.organisation_id or ""),
                str(context.user_id or ""),
                ",".join(context.categories),
                "on" if texts_are_set_up() else "",
                str(WEIGHED_JOINS),
            ],
        )
        heard(cursor.fetchone()[-1])


@contextmanager
def joined_as_written() -> Iterator[None]:
    """Within a context: statements read the table that they name first, then what is joined with it, in their order."""
    _weigh_joins(1)
    yield
    # Not reached on an exception, as below.
    _weigh_joins(WEIGHED_JOINS)


def _weigh_joins(count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('join_collapse_limit', %s, true)", [str(count)])


@contextmanager
def entered(context: Context) -> Iterator[Context]:
    """Open a transaction (or savepoint), enter the role and settings, and restore the previous ones at the end."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        before = _current.get()
        _apply(context)
        token = _current.set(context)
        try:
            yield context
        finally:
            _current.reset(token)
        # Not reached on an exception: the savepoint's rollback restores role and settings by itself, as the end of a
        # whole transaction does.
        if not outermost:
            _apply(before or _NOBODY)


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """Act for the actor's organisation, in one transaction."""
    context = Context(ROLE_BY_KIND[actor.kind], actor.organisation_id, actor.user_id, actor, actor.categories)
    with entered(context):
        yield actor


@contextmanager
def system(organisation_id: UUID | str) -> Iterator[Actor]:
    """Act as the system for one organisation (a task or a command), in one transaction."""
    from brokerage.core.tenants.models import Organisation

    with entered(Context("brokerage_worker", None, None)):
        organisation = Organisation.objects.get(pk=organisation_id)
    actor = Actor(
        user_id=None,
        name="System",
        organisation_id=organisation.pk,
        organisation_name=organisation.name,
        kind=organisation.kind,
        slug=organisation.slug,
        is_system=True,
    )
    with acting(actor):
        yield actor


@contextmanager
def worker() -> Iterator[None]:
    """The worker's own role: outbox, messages, memberships; no tenant's rows."""
    with entered(Context("brokerage_worker", None, None)):
        yield


@contextmanager
def login() -> Iterator[None]:
    """Whoever the connection signed in as, who reads for whom a person may act: before any act, or in one's midst."""
    if current() is None:
        yield
    else:
        with entered(_NOBODY):
            yield


@contextmanager
def public() -> Iterator[None]:
    """Nobody signed in: only what definer functions offer (checking an agreement)."""
    with entered(Context("brokerage_public", None, None)):
        yield


@contextmanager
def loader() -> Iterator[None]:
    """Reference and demo data: needs a connection whose login was granted the loader (never the web's)."""
    with entered(Context("brokerage_loader", None, None)):
        yield
