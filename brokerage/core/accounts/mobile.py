"""A person's own mobile number for urgent notices: given, confirmed with a code texted to it, removed.

Only the login role and the worker that delivers read a number; everybody else learns at most that there is one.
"""

from __future__ import annotations

import datetime as dt
import logging
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from brokerage.core.accounts.actions import record_everywhere
from brokerage.core.accounts.codes import CODE_LIFE, CODE_TRIES, hash_of, is_code, new_code
from brokerage.core.accounts.limits import is_one_too_many
from brokerage.core.accounts.models import MobileNumber, User
from brokerage.core.clock import database_now
from brokerage.core.errors import RuleBroken
from brokerage.core.sms.gateways import open_gateway
from brokerage.core.sms.numbers import normalise_mobile

logger = logging.getLogger(__name__)

#: Acts on one's number, recorded by `record_everywhere`.
MOBILE_CONFIRMED, MOBILE_REMOVED = "person.mobile_confirmed", "person.mobile_removed"
FIGURES = 6
#: Codes that one person may have texted in an hour; and in a day to the number that is theirs, or to any other.
CODES_AN_HOUR = 5
CODES_TO_OWN = 5
CODES_TO_ANOTHER = 2
#: Codes that are texted to one number in a day, whoever asks: so many that a few strangers do not lock its owner out.
CODES_TO_A_NUMBER = 20


def mobile_of(user: User) -> MobileNumber | None:
    """The person's number, confirmed or not."""
    return MobileNumber.objects.filter(user_id=user.pk).first()


def ask_for_code(user: User, *, number: str) -> str:
    """Text a code to the number, and return it as it will be kept (+447…). A confirmed number counts until the new
    one is confirmed.

    Raises RuleBroken on `number`: no UK mobile number, too many codes, or the gateway did not take the code.
    """
    plain = normalise_mobile(number)
    if _asks_too_often(user, plain):
        raise RuleBroken("too_many_codes", _("Too many codes were asked for. Try again later"), field="number")
    code = new_code(FIGURES)
    values = {"asked_number": plain, "code_hash": hash_of(code), "code_sent_at": database_now(), "tries": 0}
    MobileNumber.objects.update_or_create(user_id=user.pk, defaults=values)
    with translation.override(user.language):
        text = _("%(service)s: your code is %(code)s. It can be used for 10 minutes. Tell it to nobody.") % {
            "service": _("Placement brokerage"),
            "code": code,
        }
    try:
        gateway = open_gateway()
        try:
            gateway.send(number=plain, text=text, reference=str(uuid4()))
        finally:
            gateway.close()
    except Exception as error:
        # Whatever went wrong, the person who waits is told the same, and no log holds the number.
        logger.warning("A code was not texted: %s", type(error).__name__)
        raise RuleBroken(
            "code_not_sent",
            _("The code could not be sent to this number. Check the number, or try again later"),
            field="number",
        ) from None
    return plain


def confirm_mobile(user: User, *, code: str) -> str:
    """Take the code that was texted: from now on urgent notices go to that number. Returns it.

    Raises RuleBroken on `code`: another code, three wrong ones, ten minutes, or none was asked for.
    """
    number = _number_of(user, code)
    if number is None:
        raise RuleBroken("wrong_code", _("This is not the code that was sent"), field="code")
    # The trail first: told twice rather than not at all.
    record_everywhere(user, MOBILE_CONFIRMED, fields=["mobile_number"])
    kept = MobileNumber.objects.filter(user_id=user.pk, asked_number=number).update(
        number=number, confirmed_at=database_now(), asked_number="", code_hash="", code_sent_at=None, tries=0
    )
    if not kept:
        # Removed or changed on another page in between.
        raise _code_over()
    return number


def remove_mobile(user: User) -> None:
    """Forget the number, and one that waits for its code. What was not texted yet never is."""
    record_everywhere(user, MOBILE_REMOVED, fields=["mobile_number"])
    MobileNumber.objects.filter(user_id=user.pk).delete()


def members_with_texts() -> set[UUID]:
    """The members of the organisation acted for who have a confirmed number: for an administrator or a safeguarding
    lead of it, and nobody for anybody else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT members_with_texts()")
        return {row[0] for row in cursor.fetchall()}


@transaction.atomic
def _number_of(user: User, code: str) -> str | None:
    """The number whose code this is; None, and one try less, for another. Raises RuleBroken when it is over."""
    row = MobileNumber.objects.select_for_update().filter(user_id=user.pk).exclude(asked_number="").first()
    if row is None or row.code_sent_at is None or row.tries >= CODE_TRIES or _age(row.code_sent_at) > CODE_LIFE:
        raise _code_over()
    if is_code(code, row.code_hash):
        return row.asked_number
    row.tries += 1
    row.save(update_fields=["tries"])
    return None


def _asks_too_often(user: User, number: str) -> bool:
    """Count one code more. What one is refused counts for nobody else: strangers do not use up the owner's codes."""
    is_own = MobileNumber.objects.filter(user_id=user.pk, number=number, confirmed_at__isnull=False).exists()
    to_it = CODES_TO_OWN if is_own else CODES_TO_ANOTHER
    return (
        is_one_too_many("mobile-code", str(user.pk), limit=CODES_AN_HOUR, seconds=3600)
        or is_one_too_many("mobile-code-of-to", f"{user.pk} {number}", limit=to_it, seconds=86_400)
        or is_one_too_many("mobile-code-to", number, limit=CODES_TO_A_NUMBER, seconds=86_400)
    )


def _code_over() -> RuleBroken:
    return RuleBroken("code_over", _("This code is no longer good: go back and ask for a new one"), field="code")


def _age(moment: dt.datetime) -> float:
    return (database_now() - moment).total_seconds()
