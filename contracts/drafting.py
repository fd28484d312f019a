"""From a confirmed award to the agreement's terms: everything the document prints, read once, on that day.

Runs in the award's transaction as the authority; texts come out in the agreement's language.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, cast

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from brokerage.core.money import pounds
from brokerage.core.periods import add_months
from brokerage.core.tenants.kept_queries import KeptQuery, given
from brokerage.core.tenants.models import AuthorityProfile, Membership, Organisation
from brokerage.core.tenants.permissions import Role, permissions_of
from brokerage.core.vocabulary import RISKS, Category, Need
from contracts.pricing_lines import (
    absence_rules,
    additional_services_of,
    discounts_of,
    mileage_terms,
    notice_rules,
    schedule_of_costs,
)
from contracts.standard_clauses import standard_clauses
from contracts.terms import (
    AgreementTerms,
    AnnexPart,
    Approval,
    Area,
    AuthorityParty,
    CallOff,
    Contact,
    Dates,
    Fact,
    Language,
    MatchStatement,
    OfferAnnex,
    Outcome,
    Person,
    PlacementTerms,
    ProviderParty,
    ReferralAnnex,
    RegistrationEvidence,
    Review,
    Variation,
)
from dpv.models import Lot, RuleVersion
from dpv.queries.rules import rules_of
from dpv.rules import VehicleRules
from placements import models as road
from placements.offered_prices import pricing_of
from placements.pricing import permanence_due_on
from placements.questions.person import ETHNICITIES
from providers.models import Provider

#: Reviews of a looked-after child: within 20 working days, then three months, then every six (Care Planning
#: Regulations 2010, reg. 33; Wales: the 2015 regulations, reg. 39); printed as months from the start.
CHILD_REVIEW_MONTHS = (1, 4, 10)


def draft_terms(
    award: road.Award, *, reference: str, version: int, language: str, drawn_up_at: dt.datetime
) -> AgreementTerms:
    """The terms of an award's agreement. Needs the award confirmed and its placement planned."""
    with translation.override(language):
        return _Draft(award).terms(reference, version, cast(Language, language), drawn_up_at)


_RELEASE = KeptQuery(
    lambda: road.Release.objects.filter(referral_id=given("referral"), provider_id=given("provider")).order_by()
)
_AUTHORITY = KeptQuery(lambda: Organisation.objects.select_related("authority").filter(pk=given("pk")).order_by())
_LOT = KeptQuery(lambda: Lot.objects.select_related("vehicle__lead_authority").filter(pk=given("pk")).order_by())
_PROVIDER = KeptQuery(lambda: Provider.objects.select_related("organisation").filter(pk=given("pk")).order_by())
_HELD = KeptQuery(lambda: Membership.objects.filter(user_id=given("user"), organisation_id=given("organisation"))[:1])
_HOST = KeptQuery(
    lambda: AuthorityProfile.objects.select_related("organisation").filter(gss_code=given("gss_code"))[:1]
)


class _Draft:
    """The rows the terms are read from."""

    def __init__(self, award: road.Award) -> None:
        self.award = award
        self.offer = award.offer
        self.referral = award.referral
        (self.release,) = _RELEASE.all(referral=award.referral_id, provider=award.provider_id)
        self.placement = award.placement
        (self.authority,) = _AUTHORITY.all(pk=award.authority_id)
        (self.lot,) = _LOT.all(pk=self.offer.lot_id)
        (self.profile,) = _PROVIDER.all(pk=self.offer.provider_id)
        self.organisation = self.profile.organisation
        self.rules_row: RuleVersion = self.offer.rules
        self.rules: VehicleRules = rules_of(self.rules_row)
        self.pricing = pricing_of(self.offer, self.rules)

    @property
    def is_adult(self) -> bool:
        return self.referral.category == Category.ADULT_RESIDENTIAL

    def answer(self, *path: str) -> Any:
        """An answer of the referral's form by section and field, or the empty text."""
        found: Any = self.referral.answers
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        return found or ""

    def terms(self, reference: str, version: int, language: Language, drawn_up_at: dt.datetime) -> AgreementTerms:
        starts_on = self.placement.planned_start_on
        return AgreementTerms(
            reference=reference,
            version=version,
            language=language,
            drawn_up_at=drawn_up_at,
            authority=self._authority(),
            provider=self._provider(),
            call_off=self._call_off(drawn_up_at),
            person=self._person(),
            placement=self._placement(),
            dates=self._dates(starts_on),
            costs=schedule_of_costs(self.pricing),
            discounts=discounts_of(self.pricing, starts_on),
            additional_services=additional_services_of(self.pricing),
            absence=absence_rules(self.rules, self.pricing.weekly_core_net),
            mileage=mileage_terms(self.rules),
            notice=notice_rules(self.rules),
            outcomes=tuple(self._outcomes()),
            clauses=standard_clauses(
                nation="Wales" if self.authority.authority.nation == "Wales" else "England",
                service="adults" if self.is_adult else "children",
                authority_name=self.authority.name,
                provider_name=self.profile.legal_name,
                vehicle_name=self.lot.vehicle.name,
            ),
            variations=(
                Variation(
                    version=version,
                    effective_on=starts_on,
                    summary=_("First version, on award")
                    if version == 1
                    else _("Drawn up again before anybody signed, because the start date changed"),
                ),
            ),
            referral=ReferralAnnex(
                reference=self.referral.reference,
                released_at=self.release.published_at,
                parts=tuple(self._released_parts()),
            ),
            offer=self._offer_annex(drawn_up_at),
        )

    def _authority(self) -> AuthorityParty:
        organisation = self.authority
        out_of_hours = organisation.out_of_hours_phone
        return AuthorityParty(
            name=organisation.name,
            gss_code=organisation.authority.gss_code,
            address=_lines(organisation.address),
            contact=Contact(
                name=self.award.made_by_name,
                role=self._position(),
                telephone=organisation.contact_phone,
                email=organisation.contact_email,
            ),
            out_of_hours=Contact(name=_("Out-of-hours team"), telephone=out_of_hours) if out_of_hours else None,
        )

    def _position(self) -> str:
        """What whoever chose the offer is: their job title, else the role in which they chose it."""
        officer = self.award.made_by_id
        if officer is None:
            return ""
        held = _HELD.first(user=officer, organisation=self.award.authority_id)
        if held is None:
            # Not one of the authority's own people: the region's hub chose under a delegation.
            return str(Role.HUB_BROKER.label)
        if held.job_title:
            return held.job_title
        roles = [Role(role) for role in held.roles if role in Role.values]
        awarding = [role for role in roles if "award.make" in permissions_of([role])]
        return str((awarding or roles)[0].label) if roles else ""

    def _provider(self) -> ProviderParty:
        profile = self.profile
        return ProviderParty(
            legal_name=profile.legal_name,
            registered_address=_lines(profile.registered_address),
            contact=Contact(
                name=self.offer.submitted_by_name,
                telephone=self.organisation.contact_phone,
                email=self.organisation.contact_email,
            ),
            trading_name="" if self.organisation.name == profile.legal_name else self.organisation.name,
            company_number=profile.company_number,
            charity_number=profile.charity_number,
            profit_status=str(profile.get_profit_status_display()) if profile.profit_status else "",
        )

    def _call_off(self, drawn_up_at: dt.datetime) -> CallOff:
        vehicle, lot = self.lot.vehicle, self.lot
        return CallOff(
            route="individual",
            route_label=_("Individual call-off with invitations and offers"),
            regime=vehicle.legal_regime,
            regime_label=str(vehicle.get_legal_regime_display()),
            vehicle_reference=vehicle.code,
            vehicle_name=vehicle.name,
            lead_authority=vehicle.lead_authority.name,
            lot_code=lot.code,
            lot_name=lot.name,
            rule_version=str(self.rules_row.pk)[:8],
            rule_version_from=self.rules_row.valid_from,
            referral_reference=self.referral.reference,
            offer_reference=str(self.offer.pk)[:8].upper(),
            awarded_on=timezone.localdate(drawn_up_at),
        )

    def _person(self) -> Person:
        person = self.referral.person
        if person is None:
            raise ValueError("an awarded referral has a person")
        return Person(
            full_name=person.full_name,
            date_of_birth=person.date_of_birth,
            sex=str(person.get_sex_display()),
            reference=person.case_number,
            known_as=person.known_as,
            gender_identity=person.gender_identity,
            legal_status_code=person.legal_status,
            legal_status_label=str(person.get_legal_status_display()) if person.legal_status else "",
            first_language=person.first_language,
            religion=person.religion,
            ethnicity=str(dict(ETHNICITIES).get(person.ethnicity, person.ethnicity)),
            unaccompanied_asylum_seeking=Need.UASC in self.referral.needs,
        )

    def _placement(self) -> PlacementTerms:
        home, household = self.offer.establishment, self.offer.household
        place = household or home
        host = _HOST.first(gss_code=place.gss_code)
        return PlacementTerms(
            placement_type=str(self.referral.get_category_display()),
            name=home.name,
            evidence=RegistrationEvidence(
                regulator=str(home.get_regulator_display()),
                urn=home.urn,
                as_of=home.registration_checked_on or timezone.localdate(),
                status=str(home.get_registration_status_display()),
                rating=str(home.get_rating_display()),
                inspected_on=home.inspected_on,
                registered_on=home.registered_on,
                capacity=home.capacity,
                age_range=_("%(low)s to %(high)s") % {"low": place.age_min, "high": place.age_max},
            ),
            host_authority=host.organisation.name if host else place.gss_code,
            area=cast(Area, self.award.placing_band),
            establishment_reference=home.urn,
            # A carer household is known by its code and outward postcode only.
            address=() if household else _lines(home.address.replace(", ", "\n")),
            carer_household=household.code if household else "",
            outward_postcode=place.outward,
            registered_manager=home.registered_manager,
            is_emergency=self.referral.urgency == "today",
            approval=self._approval(),
            staffing=self.offer.staffing,
        )

    def _approval(self) -> Approval | None:
        if not self.award.needs:
            return None
        given = (
            self.award.approvals.filter(is_approved=True, kind__in=("out_of_area", "at_a_distance"))
            .order_by("-at")
            .first()
        )
        if given is None:
            return None
        return Approval(name=given.by_name, role=str(given.get_kind_display()), on=timezone.localdate(given.at))

    def _dates(self, starts_on: dt.date) -> Dates:
        weeks = self.referral.expected_weeks
        reviews: tuple[Review, ...] = ()
        if not self.is_adult:
            reviews = tuple(
                Review(label=_("Looked-after review"), due_on=add_months(starts_on, months))
                for months in CHILD_REVIEW_MONTHS
            )
        return Dates(
            start_on=starts_on,
            expected_end_on=starts_on + dt.timedelta(weeks=weeks) if weeks else None,
            expected_length=_("%(weeks)s weeks") % {"weeks": weeks} if weeks else "",
            permanence_on=permanence_due_on(starts_on, self.rules),
            permanence_rule=str(self.rules.source_of("permanence_months")),
            reviews=reviews,
        )

    def _outcomes(self) -> Iterator[Outcome]:
        given = self.referral.answers.get("outcomes") or {}
        rows = given.get("outcomes") if isinstance(given, dict) else None
        if isinstance(rows, list):
            for row in rows:
                if isinstance(row, dict) and row.get("title"):
                    yield Outcome(title=str(row["title"]), measure=str(row.get("measure") or ""))
            return
        for number in range(1, 7):
            title = given.get(f"outcome_{number}")
            if title:
                yield Outcome(
                    title=str(title),
                    measure=str(given.get(f"measure_{number}") or ""),
                    review_on=_date_or_none(given.get(f"review_on_{number}")),
                )

    def _released_parts(self) -> Iterator[AnnexPart]:
        for section in self.release.content.get("sections", []):
            yield AnnexPart(
                title=str(section.get("title", "")),
                facts=tuple(
                    Fact(label=str(row.get("label") or row.get("key") or ""), value=_as_text(row.get("value")))
                    for row in section.get("rows", [])
                ),
            )

    def _offer_annex(self, accepted_at: dt.datetime) -> OfferAnnex:
        offer = self.offer
        facts = [
            Fact(label=_("Core weekly price asked"), value=pounds(offer.weekly_core)) if offer.weekly_core else None,
            Fact(label=_("Ceiling in force"), value=pounds(offer.ceiling)),
            Fact(label=_("Who lives there"), value=offer.who_lives_there) if offer.who_lives_there else None,
            Fact(label=_("Staffing"), value=offer.staffing) if offer.staffing else None,
            Fact(label=_("Impact on residents"), value=offer.impact_on_residents)
            if offer.impact_on_residents
            else None,
        ]
        risks = {risk.value for risk in RISKS}
        return OfferAnnex(
            reference=str(offer.pk)[:8].upper(),
            submitted_at=offer.submitted_at or accepted_at,
            accepted_at=accepted_at,
            statements=tuple(
                MatchStatement(
                    kind="risk" if need in risks else "need",
                    label=str(Need(need).label) if need in Need.values else need,
                    statement=str(text),
                )
                for need, text in offer.statements.items()
            ),
            facts=tuple(fact for fact in facts if fact is not None),
            conditions=_lines(offer.conditions),
        )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _as_text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)


def _date_or_none(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        return None
