"""The demo's referrals, told through the real actions, in every state from draft to sealed agreement.

Each story takes one path (`PATHS`); a run that was stopped goes on with the stories that are not there yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from brokerage.core.accounts.models import User
from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting, loader, worker
from brokerage.core.tenants.directory import actor_for
from brokerage.core.tenants.models import AuthorityProfile, Membership, Organisation
from brokerage.core.tenants.permissions import Role, permissions_of
from brokerage.demo.answering import answers_of
from brokerage.demo.story import DRAFT_WITH_SLIPS, Story, answers, stories
from contracts.acceptance import accept_offer, approve, let_fall_through
from contracts.actions.agreements import sign_agreement
from contracts.models import Agreement
from dpv.models import Lot
from placements.actions.awards import outstanding
from placements.actions.clarifications import answer_clarification, ask_clarification
from placements.actions.declines import decline_invitation
from placements.actions.offers import OfferAnswers, save_offer_draft, start_offer, submit_offer
from placements.actions.placements import start_placement
from placements.actions.publishing import publish_referral
from placements.actions.referrals import NewPerson, create_referral, save_section, withdraw_referral
from placements.models import Award, Clarification, Invitation, Offer, Placement, Referral, Release
from placements.queries.matching import candidates, wanted_of
from placements.questions import sections_for
from placements.ssda903 import usual_codes

_NAMESPACE = UUID("b0a4a3a8-2f0e-4d0e-9a52-4a3d1d5d2f11")

#: What becomes of the ready stories of one authority, in turn.
PATHS = ("offers", "sealed", "published", "signing", "placed", "approval", "draft", "fallen", "closed", "withdrawn")
#: Paths that go on to an award.
AWARDED = ("sealed", "signing", "placed", "approval", "fallen")


def steps(today: date) -> Iterator[tuple[str, Callable[[], Any]]]:
    """(title, step) pairs, a step for each authority's stories."""
    for code, own in _by_authority().items():
        yield f"Referrals of {code}", partial(_tell_all, code, own, today)
    yield "Agreements drawn, signed and sealed", partial(_finish_documents, today)


def _by_authority() -> dict[str, list[Story]]:
    found: dict[str, list[Story]] = {}
    for story in stories():
        found.setdefault(story.authority, []).append(story)
    return found


def ways() -> dict[str, str]:
    """The path of each story, by its key: each authority begins a little further on, so that every path is told."""
    found: dict[str, str] = {}
    for number, own in enumerate(_by_authority().values()):
        at = number * 3
        for story in own:
            if story.key == DRAFT_WITH_SLIPS or story.status != "ready":
                found[story.key] = "draft"
            else:
                found[story.key] = PATHS[at % len(PATHS)]
                at += 1
    return found


def case_number_of(story: Story) -> str:
    """The authority's number of the story's person: it tells nothing."""
    return f"DEMO-{1000 + stories().index(story)}"


def _tell_all(code: str, own: list[Story], today: date) -> str:
    chosen = ways()
    told = sum(_Telling(story, chosen[story.key], code, today).tell() for story in own)
    return f"{told} told"


class _Telling:
    """One story, on its way."""

    def __init__(self, story: Story, way: str, code: str, today: date) -> None:
        self.story, self.way, self.today = story, way, today
        with loader():
            self.slug = AuthorityProfile.objects.values_list("organisation__slug", flat=True).get(gss_code=code)
        self.officer = _person(self.slug, Role.PLACEMENT_OFFICER)

    def tell(self) -> int:
        """1 when told now, 0 when it was there."""
        with loader():
            case_number = case_number_of(self.story)
            if Referral.objects.filter(person__case_number=case_number).exists():
                return 0
        referral = self._draft(case_number)
        if self.way == "draft":
            return 1
        invited = self._publish(referral)
        if self.way == "withdrawn":
            with acting(self.officer):
                withdraw_referral(self.officer, reference=referral.reference, reason="The family found another way.")
            return 1
        if not invited:
            return 1
        self._answer(referral)
        if self.way == "closed":
            self._close(referral)
        if self.way in AWARDED:
            self._award(referral)
        return 1

    def _draft(self, case_number: str) -> Referral:
        story, officer = self.story, self.officer
        with acting(officer):
            referral = create_referral(
                officer,
                category=story.category,
                urgency=story.urgency,
                token=uuid5(_NAMESPACE, story.key).hex,
                new_person=NewPerson(
                    case_number=case_number,
                    given_name=story.given_name,
                    family_name=story.family_name,
                    date_of_birth=story.date_of_birth(self.today),
                    sex=story.sex,
                    home_postcode=story.home_postcode,
                ),
                social_worker=self._social_worker(),
            )
            given = answers_of(story, self.today)
            for section in sections_for(story.category, story.needs):
                referral = save_section(
                    officer,
                    reference=referral.reference,
                    section=section.code,
                    values=given.get(section.code, {}),
                    base_revision=referral.revision,
                    finished=True,
                )
        return referral

    def _social_worker(self) -> UUID | None:
        colleague: Actor | None = _person(self.slug, Role.SOCIAL_WORKER, default=None)
        return None if colleague is None else colleague.user_id

    def _publish(self, referral: Referral) -> int:
        with acting(self.officer):
            codes = {(vehicle, lot) for vehicle, lot in self.story.lots}
            lots = [lot for lot in Lot.objects.select_related("vehicle") if (lot.vehicle.code, lot.code) in codes]
            lot_ids = [lot.pk for lot in lots]
            found = candidates(lot_ids, wanted_of(referral), self.today, eligible_only=True)
            publish_referral(
                self.officer,
                reference=referral.reference,
                lot_ids=lot_ids,
                chosen=[candidate.key for candidate in found],
            )
        return len(found)

    def _answer(self, referral: Referral) -> None:
        with loader():
            invitations = list(
                Invitation.objects.filter(referral_id=referral.pk)
                .select_related("establishment", "provider__organisation")
                .order_by("miles", "establishment__name")
            )
        offers = {"published": 0, "closed": 0, "offers": 2}.get(self.way, 3)
        seen: set[UUID] = set()
        for number, invitation in enumerate(invitations):
            writer = _writer(invitation.provider.organisation)
            if number == 0:
                self._question(writer, invitation)
            if len(seen) < offers and invitation.provider_id not in seen:
                if self._offer(writer, invitation, len(seen)):
                    seen.add(invitation.provider_id)
            elif number % 3 == 1 and invitation.provider_id not in seen:
                self._decline(writer, invitation, number)

    def _question(self, writer: Actor, invitation: Invitation) -> None:
        fitting = [each for each in answers().questions if self.story.category in each.categories]
        if not fitting:
            return
        with acting(writer):
            asked = ask_clarification(writer, release=invitation.release_id, question=fitting[0].text)
        if self.way == "published":
            return
        with acting(self.officer):
            waiting = Clarification.objects.get(pk=asked.pk)
            answer_clarification(
                self.officer,
                clarification_id=waiting.pk,
                published_question=fitting[0].text,
                answer=fitting[0].answer,
            )

    def _offer(self, writer: Actor, invitation: Invitation, number: int) -> bool:
        said = answers()
        with acting(writer):
            release = Release.objects.get(pk=invitation.release_id)
            offer = start_offer(writer, invitation_id=invitation.pk)
            household = invitation.households.order_by("miles").values_list("household_id", flat=True).first()
            needs = release.content.get("needs", [])
            draft = save_offer_draft(
                writer,
                offer_id=offer.pk,
                answers=OfferAnswers(
                    household_id=household,
                    weekly_core=(offer.ceiling * (Decimal(100) - 2 * number) / 100).quantize(Decimal("0.01")),
                    starts_on=self.today + timedelta(days=3 + number),
                    held_until=release.closes_at + timedelta(days=14),
                    statements={
                        need: said.statement(need, number)
                        if need in said.statements
                        else "Our team is trained for this and reviews the plan every month."
                        for need in needs
                    },
                    who_lives_there=_pick(said.texts["who_lives_there"], number),
                    staffing=_pick(said.texts["staffing"], number),
                    impact_on_residents=_pick(said.texts["impact_on_residents"], number),
                    conditions=_pick(said.texts["conditions"], number) if number else "",
                ),
            )
            submit_offer(writer, offer_id=draft.pk)
        return True

    def _decline(self, writer: Actor, invitation: Invitation, number: int) -> None:
        reasons = sorted(answers().declines)
        reason = reasons[number % len(reasons)]
        with acting(writer):
            decline_invitation(
                writer, invitation_id=invitation.pk, reason=reason, note=_pick(answers().declines[reason], number)
            )

    def _close(self, referral: Referral) -> None:
        """Let the closing time have passed: nobody but the demo moves a clock."""
        with loader():
            past = database_now() - timedelta(hours=2)
            Referral.objects.filter(pk=referral.pk).update(closes_at=past)
            Release.objects.filter(referral_id=referral.pk).update(closes_at=past)

    def _award(self, referral: Referral) -> None:
        said = answers()
        with acting(self.officer):
            offers = list(Offer.objects.filter(referral_id=referral.pk, status="submitted").order_by("weekly_total"))
            if not offers:
                return
            chosen = offers[-1] if self.way == "approval" else offers[0]
            reason = "cheapest" if chosen is offers[0] else "best_match"
            award = accept_offer(
                self.officer,
                offer_id=chosen.pk,
                reason_code=reason,
                reason=said.awards.get(reason, "It meets every need and keeps school and family in reach."),
                losers={other.pk: _loser(reason) for other in offers if other.pk != chosen.pk},
                before_closing=True,
            )
        if self.way != "approval":
            self._approve(award)
        if self.way == "fallen" and award.status == "confirmed":
            with acting(self.officer):
                let_fall_through(
                    self.officer,
                    award_id=award.pk,
                    reason=said.fridays.get("fell_through", "The home withdrew before signing."),
                    because_of_provider=True,
                )

    def _approve(self, award: Award) -> None:
        director = _person(self.slug, Role.DIRECTOR, default=None)
        if director is None:
            return
        with acting(director):
            for kind in outstanding(award):
                approve(
                    director,
                    award_id=award.pk,
                    kind=kind,
                    reason=answers().approvals.get(kind, "Agreed: it is the right home."),
                )
        with acting(self.officer):
            award.refresh_from_db()


def _finish_documents(today: date) -> str:
    """Draw, sign and seal what the stories ask for; the workers draw the rest when the server runs."""
    signed = started = 0
    by_key = ways()
    by_person = {case_number_of(story): by_key[story.key] for story in stories()}
    with loader():
        waiting = list(
            Agreement.objects.filter(status__in=("drawn_up", "awaiting_signatures", "signed"))
            .select_related("authority", "provider__organisation", "referral__person")
            .order_by("created_at", "reference")
        )
    for agreement in waiting:
        person = agreement.referral.person
        way = by_person.get(person.case_number if person else "", "")
        if way not in ("sealed", "placed"):
            continue
        _draw(agreement)
        for side, position in (
            (_person(agreement.authority.slug, Role.AUTHORITY_SIGNATORY, default=None), "Assistant Director"),
            (_person(agreement.provider.organisation.slug, Role.PROVIDER_SIGNATORY), "Responsible Individual"),
        ):
            if side is not None:
                _sign(side, agreement, position)
        signed += _draw(agreement)
        if way == "placed":
            started += _move_in(agreement, today)
    return f"{len(waiting)} drawn up, {signed} sealed, {started} moved in"


def _draw(agreement: Agreement) -> int:
    """Do the agreement's waiting document work now; 1 when it is sealed."""
    with worker():
        items = [
            item
            for item in OutboxItem.objects.filter(queue="documents", done_at__isnull=True)
            if item.payload.get("agreement") == str(agreement.pk)
        ]
    for item in items:
        outbox.do(item)
    with loader():
        agreement.refresh_from_db()
    return int(agreement.status == "sealed")


def _sign(signatory: Actor, agreement: Agreement, position: str) -> None:
    with acting(signatory):
        if agreement.signatures.filter(side=signatory.kind).exists():
            return
        sign_agreement(
            signatory,
            agreement_id=agreement.pk,
            terms_hash=agreement.terms_hash,
            role=position,
            proved_at=database_now(),
            method="password",
        )


def _move_in(agreement: Agreement, today: date) -> int:
    officer = _person(agreement.authority.slug, Role.PLACEMENT_OFFICER)
    with acting(officer):
        placement = Placement.objects.get(pk=agreement.placement_id)
        if is_planned := placement.status == "planned":
            start_placement(officer, placement_id=placement.pk, started_on=today, **usual_codes(placement))
    return int(is_planned)


_RAISE = object()


def _person(slug: str, role: Role, default: Any = _RAISE) -> Any:
    """The first member with a role, as an actor; for a provider without people, its bid writer without a name."""
    with loader():
        member = (
            Membership.objects.filter(organisation__slug=slug, roles__contains=[role], is_active=True)
            .order_by("user__email")
            .values_list("user_id", flat=True)
        )
        user = User.objects.filter(pk__in=member[:1]).first()
    actor = None if user is None else actor_for(user, slug)
    if actor is not None:
        return actor
    if default is _RAISE:
        raise LookupError(f"nobody at {slug} is {role}")
    return default


def _writer(organisation: Organisation) -> Actor:
    actor: Actor | None = _person(organisation.slug, Role.BID_WRITER, default=None)
    return actor or Actor(
        user_id=None,
        name=f"Referrals team, {organisation.name}"[:120],
        organisation_id=organisation.pk,
        organisation_name=organisation.name,
        kind=organisation.kind,
        slug=organisation.slug,
        permissions=permissions_of([Role.BID_WRITER]),
        roles=(Role.BID_WRITER.value,),
    )


def _pick(said: tuple[str, ...], at: int) -> str:
    return said[at % len(said)]


def _loser(reason: str) -> str:
    losers = answers().losers
    return losers.get(reason) or next(iter(losers.values()), "Another home met the needs better.")
