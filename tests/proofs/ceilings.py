"""No offer above its ceiling is ever stored, drafts included: hostile amounts by form, API, action, price list and SQL,
and ceilings that are lowered (by the action and by an import) while somebody offers.

Read afterwards as the superuser: the price beside the ceiling stored with it, and both beside the row it came from. No
row of this proof is corrected, so a ceiling that is not its row's was written to fit.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from django.db import DataError, Error, IntegrityError, ProgrammingError, connection
from django.test import Client

from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.context import acting
from dpv.actions.ceilings import NewCeiling, set_ceiling
from placements.actions.offers import revise_offer, save_offer_draft, submit_offer
from placements.models import Offer
from placements.queries.offer_terms import answers_of, edition_of
from providers.imports.engine import run_import
from tests import scenarios
from tests.api.clients import Machine, client_of
from tests.cast import TODAY, actor_of, ident, user_of
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.proofs.racing import Act, Watch, interleave, watching, without_locks

HOME, CEILING, LOWERED, PENNY = "birch-house", Decimal("4000.00"), Decimal("3500.00"), Decimal("0.01")
#: Another home of the same provider, whose ceiling is none of this one's.
OTHER_HOME = "birch-lodge"
#: Numbers by which a price list names the homes.
NUMBERS = {HOME: "SC990001", OTHER_HOME: "SC990002"}
#: How much of all amounts comes with a price list: one takes as long as ten requests.
PRICE_LIST, LISTED = "price list", 0.03
ABOVE = """
SELECT o.id, o.status, o.weekly_core::text, o.ceiling::text, c.weekly::text FROM placements_offer o
LEFT JOIN dpv_ceiling c ON c.id = o.ceiling_row_id
WHERE o.weekly_core > o.ceiling OR o.weekly_core < 0 OR o.weekly_core::text = 'NaN' OR c.id IS NULL
  OR o.weekly_core > c.weekly OR o.ceiling <> c.weekly OR o.admission_id <> c.admission_id
"""
#: Of drafts and offers put in after a ceiling was lowered: above the one in force today.
ABOVE_TODAY = f"""
SELECT o.id, o.status, o.weekly_core::text FROM placements_offer o WHERE o.id = %s AND o.weekly_core > {LOWERED}
"""
WRITINGS = (
    "{:.2f}", "£{:.2f}", "{:,.2f}", " {:.2f} ", "{:.3f}", "{:.10f}", "{:e}", "+{:.2f}", "-{:.2f}", "{:.0f}",
    "{:.2f}.00", "{:.2f}0", "0{:.2f}", "{:.2f}\u00a0", "\u202e{:.2f}", "{:.2f},00",
)  # fmt: skip
WORDS = (
    "NaN", "sNaN", "Infinity", "-Infinity", "inf", "1e9", "1E+5", "4_001", "0x0FA1", "4.000,01", "4,000,01", "٤٠٠١",
    "４００１.00", "9" * 30, "-0.01", "4000.001", "4000.005", "4000.0049", "", " ", "£", "null", "4001p", "4 001",
    "1/0", "4000;4001", "4000'--", "\x00", "½", "Ⅳ", "1e-400", "1e400",
)  # fmt: skip


#: A JSON number would be read as a float: refused whatever it says. So is a price beside no ceiling of the home.
NEVER = ("API as a number", "SQL with no ceiling row", "SQL with another home's ceiling")
_FIT = "ceiling = greatest(%(amount)s::numeric(10, 2), ceiling)"
#: A ceiling written beside the price by SQL.
FITTED = {
    "a ceiling to fit": _FIT,
    "no ceiling row": f"{_FIT}, ceiling_row_id = NULL",
    "another home's ceiling": f"ceiling = 4200, ceiling_row_id = '{ident(f'ceiling {OTHER_HOME}')}'",
}


class NotSent(Exception):
    """This way cannot carry the amount: the product is not asked."""


def hostile(random: Random) -> str:
    """An amount as somebody might write one: near the ceiling, far from it, or nothing of the kind."""
    if random.random() < 0.3:
        return random.choice(WORDS)
    near = CEILING + Decimal(random.choice(("-0.01", "0", "0.01", "0.004", "0.005", "1", "0.001")))
    far = Decimal(random.randint(0, 10 ** random.randint(1, 12))) / 100
    return random.choice(WRITINGS).format(near if random.random() < 0.6 else far)


def prove(play: Play) -> None:
    """Every way in turn, then the ceilings lowered meanwhile, then the twins."""
    with own_place("ceilings", play.place) as database, watching(database) as watch:
        draft = scenarios.drafted_offer(home=HOME).pk
        standing = scenarios.submitted_offer(story=scenarios.invited(HOME), home=HOME).pk
        ways = _ways(watch, draft, standing)
        often = [way for way in ways if way != PRICE_LIST]
        _legal_ones_are_stored(play, watch, ways)
        for number in play.rounds(600, share=0.6, sized=True):
            way = PRICE_LIST if play.random.random() < LISTED else often[number % len(often)]
            amount = hostile(play.random)
            try:
                answer = ways[way](amount)
            except NotSent:
                continue
            play.outcome.cases += 1
            play.played()
            play.outcome.inputs[f"amounts by {way}"] += 1
            if answer is not None:
                play.violated(f"{way} {amount!r}: {answer}")
            for row in _mended(watch):
                play.violated(f"{way} {amount!r}: stored above its ceiling: {row}")
        _legal_ones_are_stored(play, watch, ways)
        _lowered_meanwhile(play, watch)
        _twins(play, watch, draft)


def _mended(watch: Watch) -> list[tuple[Any, ...]]:
    """What is stored above its ceiling, or beside a ceiling that is none; put right, so that it is found once."""
    found = watch.ask(ABOVE)
    if found:
        watch.ask("SET session_replication_role = replica")
        for row in found:
            watch.ask(
                "UPDATE placements_offer o SET weekly_core = 1, ceiling = c.weekly, ceiling_row_id = c.id"
                " FROM dpv_ceiling c WHERE o.id = %s AND c.admission_id = o.admission_id AND c.weekly <> %s",
                str(row[0]),
                LOWERED,
            )
        watch.ask("SET session_replication_role = origin")
    return found


def _legal_ones_are_stored(play: Play, watch: Watch, ways: dict[str, Callable[[str], str | None]]) -> None:
    """A way by which nothing is ever stored proves nothing."""
    for number, (way, write) in enumerate(ways.items()):
        amount = f"{3900 - number}.00"
        answer = write(amount)
        stored = watch.ask("SELECT count(*) FROM placements_offer WHERE weekly_core = %s", amount)[0][0]
        play.outcome.cases += 1
        expected = 0 if way in NEVER else 1
        play.require(stored == expected, f"{way}: {amount} is stored {stored} times, not {expected} ({answer})")
        watch.ask("UPDATE placements_offer SET weekly_core = 1 WHERE weekly_core = %s", amount)


def _ways(watch: Watch, draft: UUID, standing: UUID) -> dict[str, Callable[[str], str | None]]:
    """Each way takes an amount as written, and answers what is wrong with how it was received. Raises NotSent."""
    machine = client_of("bob")
    machine.browser.raise_request_exception = False
    browser = Client(raise_request_exception=False)
    browser.force_login(user_of("bob"))

    def told(status: int) -> str | None:
        return f"answered {status}" if status >= 500 else None

    def by_api(amount: str) -> str | None:
        return told(machine.patch(f"/offers/{draft}", {"weekly_core": amount}).status_code)

    def by_api_as_number(amount: str) -> str | None:
        try:
            body = f'{{"weekly_core": {Decimal(amount.strip("£ "))}}}'
        except InvalidOperation:
            body = f'{{"weekly_core": [{json.dumps(amount)}]}}'
        return told(machine.send("PATCH", f"/offers/{draft}", body.encode()).status_code)

    def by_revising(amount: str) -> str | None:
        return told(machine.post(f"/offers/{standing}/revise", {"weekly_core": amount}).status_code)

    def by_form(amount: str) -> str | None:
        with acting(actor_of("bob")):
            edition = edition_of(Offer.objects.get(pk=draft))
        fields = {"weekly_core": amount, "edition": edition, "do": "save"}
        return told(browser.post(f"/o/birch/offers/{draft}/edit/", fields).status_code)

    def by_action(amount: str) -> str | None:
        try:
            value = Decimal(amount)
        except ArithmeticError as error:
            raise NotSent from error
        try:
            _save(draft, value)
        except (NotNow, RuleBroken, DataError, IntegrityError):
            return None
        return None

    def by_sql(amount: str) -> str | None:
        try:
            with acting(actor_of("bob")), connection.cursor() as cursor:
                cursor.execute("UPDATE placements_offer SET weekly_core = %s WHERE id = %s", [amount, draft])
        except Error:
            return None
        except ValueError as error:
            raise NotSent from error
        return None

    def by_fitting(how: str) -> Callable[[str], str | None]:
        def write(amount: str) -> str | None:
            try:
                _fit(draft, amount, FITTED[how])
            except Error:
                return None
            except ValueError as error:
                raise NotSent from error
            return None

        return write

    return {
        "API": by_api,
        "API as a number": by_api_as_number,
        "API revising": by_revising,
        "form": by_form,
        "action": by_action,
        "SQL": by_sql,
        **{f"SQL with {how}": by_fitting(how) for how in FITTED},
        PRICE_LIST: _by_price_list(watch, machine),
    }


def _by_price_list(watch: Watch, machine: Machine) -> Callable[[str], str | None]:
    """A ceiling of another home, as written in a price list: it stands as the list says or not at all, and what is in
    force then may be asked there, and not a penny more."""
    draft, admission = scenarios.drafted_offer(home=OTHER_HOME).pk, str(ident(f"admission {OTHER_HOME}"))
    tendered = str(ident(f"ceiling {OTHER_HOME}"))

    def offered(weekly: Decimal) -> int:
        return int(machine.patch(f"/offers/{draft}", {"weekly_core": f"{weekly}"}).status_code)

    def write(amount: str) -> str | None:
        watch.ask("SET session_replication_role = replica")
        watch.ask(
            "UPDATE placements_offer o SET weekly_core = 1, ceiling = c.weekly, ceiling_row_id = c.id"
            " FROM dpv_ceiling c WHERE o.id = %s AND c.id = %s",
            str(draft),
            tendered,
        )
        watch.ask("DELETE FROM dpv_ceiling WHERE admission_id = %s AND id <> %s", admission, tendered)
        watch.ask("SET session_replication_role = origin")
        _listed(OTHER_HOME, amount)
        ((weekly, is_listed),) = watch.ask(
            "SELECT weekly, id <> %s FROM dpv_ceiling WHERE admission_id = %s ORDER BY valid_from DESC LIMIT 1",
            tendered,
            admission,
        )
        if is_listed and weekly != _said(amount):
            return f"the list’s ceiling is stored as {weekly}"
        above, at = offered(weekly + PENNY), offered(weekly)
        return None if (above, at) == (422, 200) else f"{weekly} is answered {at}, a penny above it {above}"

    return write


def _listed(home: str, weekly: str) -> Any:
    """The run of a price list whose one row is a ceiling of the home from today on."""
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(("vehicle", "lot", "establishment_urn", "age_band", "ceiling_weekly", "valid_from"))
    rows.writerow(("T-RES", "STD", NUMBERS[home], "0-17", weekly, TODAY.isoformat()))
    return run_import(actor_of("carol"), "prices", file.getvalue().encode(), file_name="prices.csv")


def _said(amount: str) -> Decimal | None:
    """What somebody means who writes so: nothing where there is doubt."""
    try:
        return Decimal(amount.strip().removeprefix("£").replace(",", ""))
    except InvalidOperation:
        return None


def _fit(draft: UUID, amount: str, ceiling: str) -> None:
    """A price, and a ceiling that is none of the admission's."""
    with acting(actor_of("bob")), connection.cursor() as cursor:
        given = {"amount": amount, "draft": draft}
        cursor.execute(f"UPDATE placements_offer SET weekly_core = %(amount)s, {ceiling} WHERE id = %(draft)s", given)


def _save(offer_id: UUID, weekly: Decimal) -> None:
    from dataclasses import replace

    with acting(actor_of("bob")) as bob:
        stored = answers_of(Offer.objects.get(pk=offer_id))
        save_offer_draft(bob, offer_id=offer_id, answers=replace(stored, weekly_core=weekly))


# -- ceilings lowered while somebody offers -----------------------------------------------------------------------


def _acts() -> dict[str, Callable[[], tuple[UUID, Act]]]:
    def save() -> tuple[UUID, Act]:
        offer = scenarios.drafted_offer(home=HOME, weekly_core=Decimal("3000.00"))
        return offer.pk, partial(_save, offer.pk, Decimal("3800.00"))

    def submit() -> tuple[UUID, Act]:
        offer = scenarios.drafted_offer(home=HOME)
        return offer.pk, partial(_as_bob, submit_offer, offer_id=offer.pk)

    def revise() -> tuple[UUID, Act]:
        from dataclasses import replace

        offer = scenarios.submitted_offer(home=HOME, weekly_core=Decimal("3000.00"))
        with acting(actor_of("bob")):
            answers = replace(answers_of(Offer.objects.get(pk=offer.pk)), weekly_core=Decimal("3900.00"))
        return offer.pk, partial(_as_bob, revise_offer, offer_id=offer.pk, answers=answers)

    return {"saved": save, "submitted": submit, "revised": revise}


def _as_bob(action: Callable[..., Any], **named: Any) -> Any:
    with acting(actor_of("bob")) as bob:
        return action(bob, **named)


def _lower() -> None:
    with acting(actor_of("carol")) as carol:
        set_ceiling(
            carol,
            admission_id=ident(f"admission {HOME}"),
            ceiling=NewCeiling(0, 17, LOWERED),
            valid_from=TODAY,
            reason="A new price.",
        )


def _lower_by_import() -> None:
    run = _listed(HOME, f"{LOWERED}")
    assert run.rows_refused == 0 and not run.message, (run.message, run.rows_refused)


LOWERING: dict[str, Act] = {"ceiling lowered": _lower, "ceiling lowered by import": _lower_by_import}


def _as_before(watch: Watch) -> None:
    admission = str(ident(f"admission {HOME}"))
    watch.ask("SET session_replication_role = replica")
    watch.ask("DELETE FROM placements_offer WHERE admission_id = %s AND ceiling = %s", admission, LOWERED)
    watch.ask("DELETE FROM dpv_ceiling WHERE admission_id = %s AND weekly = %s", admission, LOWERED)
    watch.ask("SET session_replication_role = origin")


def _overstepped(watch: Watch, offer_id: UUID, found: Any) -> bool:
    """Lowered and committed while the offer was held, and the offer went through above it."""
    return bool(
        found.other_came_first and found.other_succeeded and found.succeeded and watch.ask(ABOVE_TODAY, str(offer_id))
    )


def _lowered_meanwhile(play: Play, watch: Watch) -> None:
    acts, lengths = _acts(), {}
    for act, make in acts.items():
        _as_before(watch)
        alone = interleave(watch, make()[1], lambda: None, -1)
        lengths[act] = alone.statements
        play.outcome.cases += 1
        play.require(alone.succeeded, f"{act}: refused though no ceiling was lowered: {alone.done!r}")
    pairs = [(act, how) for act in acts for how in LOWERING]
    for number in play.rounds(2 * len(pairs), share=0.3):
        act, how = pairs[number % len(pairs)]
        _as_before(watch)
        offer_id, racing = acts[act]()
        at = play.random.randrange(lengths[act])
        found = interleave(watch, racing, LOWERING[how], at)
        lengths[act] = max(lengths[act], found.statements)
        play.outcome.cases += 1
        play.outcome.faults[how] += found.other_succeeded
        play.outcome.figures["ceilings lowered before the act had looked"] += found.other_came_first
        if isinstance(found.other, Exception):
            play.violated(f"{how}: {type(found.other).__name__}: {found.other}")
        if isinstance(found.done, Exception) and not isinstance(found.done, RuleBroken):
            play.violated(f"{act}: {type(found.done).__name__}: {found.done}")
        if _overstepped(watch, offer_id, found):
            play.violated(f"{act} above the {how} before (held at statement {at} of {found.statements})")
        for row in _mended(watch):
            play.violated(f"{act}, {how} meanwhile: stored above its ceiling: {row}")


def _twins(play: Play, watch: Watch, draft: UUID) -> None:
    """Without the lock the lowered ceiling is overstepped; without check and trigger SQL stores what it likes."""
    caught = False
    with without_locks():
        for at in range(0, 60, 2):
            _as_before(watch)
            offer_id, racing = _acts()["submitted"]()
            found = interleave(watch, racing, _lower, at)
            caught = _overstepped(watch, offer_id, found)
            if caught or not found.was_held:
                break
    play.twin("an offer while its ceiling is lowered", caught)
    watch.ask("ALTER TABLE placements_offer DROP CONSTRAINT offer_at_or_under_ceiling")
    try:
        with acting(actor_of("bob")), connection.cursor() as cursor:
            cursor.execute("UPDATE placements_offer SET weekly_core = 4000.01 WHERE id = %s", [draft])
    except ProgrammingError:
        pass
    play.twin("a price by SQL without the check", bool(_mended(watch)))
    watch.ask("ALTER TABLE placements_offer DISABLE TRIGGER placements_offer_ceiling")
    for how, ceiling in FITTED.items():
        _fit(draft, "4100.00", ceiling)
        play.twin(f"{how} by SQL without the trigger", bool(_mended(watch)))
