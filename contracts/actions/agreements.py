"""The life of an agreement: drawn up at the award, signed by both sides, cancelled when the award falls through."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import cast
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.record import Notice, enqueue, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Membership, Organisation
from contracts.drafting import draft_terms
from contracts.measures import admission_of
from contracts.models import Agreement, Signature
from contracts.models.agreements import agreement_reference
from contracts.states import AGREEMENT
from contracts.terms_json import sha256_of, text_of
from dpv.eligibility import require_eligible, require_not_stopped
from placements.models import Award, Offer, Referral
from placements.queries.ages import age_at_start

#: A signature needs a proof of identity no older than this (seconds); the same bound as ASVS re-authentication.
FRESHEST = dt.timedelta(minutes=5)

#: The proof of an API client: its secret, checked when its token was issued.
BY_CLIENT = "api_client"

#: What an award was made under and a signature does not ask again. An agency also puts a household on hold because
#: it is full: with the child it is about to sign for.
AGREED_ALREADY = ("no_ceiling", "vehicle_not_in_term", "admission_ended", "household_on_hold")

PERMISSION = {
    Signature.Side.AUTHORITY.value: "agreement.sign_authority",
    Signature.Side.PROVIDER.value: "agreement.sign_provider",
}


def draw_up_agreement(
    actor: Actor, *, award: Award, earlier: Agreement | None = None, notify: Sequence[Notice] = ()
) -> Agreement:
    """Write the agreement of a confirmed award, in the award's language, and queue its document.

    `earlier` is a cancelled version that it takes the place of, under the same reference. Called by
    `contracts.acceptance` and `contracts.rescheduling` only.
    """
    now = database_now()
    reference = earlier.reference if earlier else agreement_reference()
    version = earlier.version + 1 if earlier else 1
    terms = draft_terms(award, reference=reference, version=version, language=award.language, drawn_up_at=now)
    data = terms.to_data()
    agreement = Agreement.objects.create(
        authority_id=award.authority_id,
        provider_id=award.provider_id,
        referral_id=award.referral_id,
        award=award,
        placement=award.placement,
        reference=reference,
        version=version,
        referral_reference=award.referral.reference,
        language=award.language,
        terms=data,
        terms_hash=sha256_of(text_of(data)),
        weekly_total=terms.costs.weekly,
        starts_on=terms.dates.start_on,
        created_at=now,
    )
    record(
        "agreement.drawn_up",
        subject=agreement,
        actor=actor,
        data={"terms_hash": agreement.terms_hash, "weekly_total": str(agreement.weekly_total), "version": version},
        notify=notify,
    )
    enqueue("render_ipa", queue="documents", actor=actor, payload={"agreement": str(agreement.pk)})
    return agreement


@transaction.atomic
def sign_agreement(
    actor: Actor,
    *,
    agreement_id: UUID,
    terms_hash: str,
    role: str,
    proved_at: dt.datetime | None = None,
    method: str = "",
) -> Signature:
    """Sign for the actor's side.

    `terms_hash` is that of the document the signer saw; `proved_at` and `method` tell when and how they proved afresh
    who they are. Refused when: the agreement is not open for signing, the side has signed, the same person has signed
    for the other side, the home is suspended or barred (codes of `dpv.eligibility.STOPPED`), the terms are not those
    seen, the proof is older than five minutes, no role was given, or the home may no longer be used for another reason
    (codes of `dpv.eligibility`).

    An API client signs for its owner, without a proof of its own, where the organisation's setting allows it
    (NotNow `machine_signing_off`); the evidence names both.
    """
    side = actor.kind
    if side not in PERMISSION:
        raise Http404
    actor.require(PERMISSION[side])
    found = Agreement.objects.filter(pk=agreement_id).values_list("referral_id", "provider_id").first()
    if found is None:
        raise Http404
    admission = admission_of(agreement_id)
    locks.hold(admissions=[admission] if admission else [], standings=[found[1]], referrals=[found[0]])
    agreement = Agreement.objects.get(pk=agreement_id)
    now = database_now()
    if actor.client_id is not None:
        _require_machine_signing(actor)
        proved_at, method = now, BY_CLIENT
    if agreement.signatures.filter(side=side).exists():
        raise NotNow("already_signed", _("Your side has already signed this agreement"))
    if agreement.signatures.filter(Q(user_id=actor.user_id) | Q(client_id__isnull=False, client_id=actor.client_id)):
        raise NotNow("signed_other_side", _("You have signed for the other side: somebody else must sign for this one"))
    move = "sign_last" if agreement.status == "part_signed" else "sign_first"
    status = AGREEMENT.after(agreement.status, move)
    if admission is not None:
        require_not_stopped(admission, database_today(), field="agree")
    if terms_hash != agreement.terms_hash:
        raise RuleBroken("terms_changed", _("These are not the terms you read: open the agreement again"), "agree")
    if not role.strip():
        raise RuleBroken("role_missing", _("Enter the position in which you sign"), "role")
    if actor.user_id is None or proved_at is None or now - proved_at > FRESHEST:
        raise RuleBroken("proof_too_old", _("Prove again who you are, then sign"), "agree")
    _require_home(actor, agreement, timezone.localdate(now))
    name = _signer_name(actor)
    client = {"client": str(actor.client_id), "client_name": actor.client_name} if actor.client_id else {}
    evidence = {
        "agreement": agreement.reference,
        "version": agreement.version,
        "terms_hash": agreement.terms_hash,
        "document_sha256": agreement.unsealed_sha256,
        "side": side,
        "user": str(actor.user_id),
        "name": name,
        "role": role.strip(),
        "method": method,
        "proved_at": proved_at.isoformat(),
        "at": now.isoformat(),
        **client,
    }
    signature = Signature.objects.create(
        agreement=agreement,
        authority_id=agreement.authority_id,
        provider_id=agreement.provider_id,
        side=side,
        user_id=actor.user_id,
        name=name,
        role=role.strip(),
        client_id=actor.client_id,
        client_name=actor.client_name if actor.client_id else "",
        method=method,
        proved_at=proved_at,
        terms_hash=agreement.terms_hash,
        document_sha256=agreement.unsealed_sha256,
        evidence_hash=hashlib.sha256(json.dumps(evidence, sort_keys=True).encode()).hexdigest(),
        at=now,
    )
    agreement.status = status
    if status == "signed":
        agreement.signed_at = now
    agreement.save(update_fields=["status", "signed_at"])
    record(
        "agreement.signed",
        subject=agreement,
        actor=actor,
        data={"side": side, "method": method, "evidence_hash": signature.evidence_hash, **client},
        notify=[_to_other_side(agreement, side)] if status == "part_signed" else (),
    )
    if status == "signed":
        enqueue(
            "seal_ipa",
            queue="documents",
            actor=actor,
            payload={"agreement": str(agreement.pk)},
        )
    return signature


@transaction.atomic
def cancel_agreement(actor: Actor, *, agreement_id: UUID, reason: str) -> Agreement:
    """Cancel a live agreement; signatures are kept, the version binds nobody. The authority's act."""
    actor.require("award.fall_through")
    agreement = Agreement.objects.filter(pk=agreement_id).first()
    if agreement is None:
        raise Http404
    locks.hold(referrals=[agreement.referral_id])
    agreement.refresh_from_db()
    agreement.status = AGREEMENT.after(agreement.status, "cancel")
    agreement.cancelled_at = database_now()
    agreement.cancel_reason = reason.strip()
    agreement.save(update_fields=["status", "cancelled_at", "cancel_reason"])
    record(
        "agreement.cancelled",
        subject=agreement,
        actor=actor,
        notify=[
            to_provider("contracts.cancelled", agreement, "agreement.view"),
        ],
    )
    return agreement


@transaction.atomic
def download_document(actor: Actor, *, agreement: Agreement) -> File[bytes]:
    """The PDF: sealed if there is one, else the working copy. Every download is recorded.

    Raises Http404 while no document has been drawn.
    """
    actor.require("agreement.view")
    document = open_document(agreement)
    kind = "sealed" if agreement.sealed_file else "working copy"
    record("agreement.downloaded", subject=agreement, actor=actor, data={"document": kind})
    return document


def open_document(agreement: Agreement) -> File[bytes]:
    """The stored PDF, sealed or else the working copy. Raises Http404."""
    name = agreement.sealed_file or agreement.unsealed_file
    if not name or not default_storage.exists(name):
        raise Http404
    return cast("File[bytes]", default_storage.open(name))


def document_name(agreement: Agreement) -> str:
    """The document's file name."""
    return f"{agreement.reference}-v{agreement.version}.pdf"


def _require_home(actor: Actor, agreement: Agreement, today: dt.date) -> None:
    """Nobody signs for a home or a carer household that may not take the person. What was asked at the award (a
    ceiling, the vehicle's term, whether the household takes anybody new) is not asked again. The provider's side does
    not know how old the person is: the authority's side asks that."""
    offers = Offer.objects.filter(referral_id=agreement.referral_id, provider_id=agreement.provider_id)
    awarded = offers.filter(status="accepted").values_list("admission_id", "household_id").first()
    if awarded is None:
        return
    admission_id, household_id = awarded
    referral = Referral.objects.filter(pk=agreement.referral_id).first() if actor.is_authority else None
    at_start = age_at_start(referral, agreement.moved_start_on or agreement.starts_on) if referral else None
    require_eligible(
        admission_id,
        on=today,
        age_at_start=at_start,
        household_id=household_id,
        field="agree",
        apart_from=AGREED_ALREADY,
    )


def _require_machine_signing(actor: Actor) -> None:
    if not Organisation.objects.filter(pk=actor.organisation_id, machine_signing=True).exists():
        raise NotNow("machine_signing_off", _("Your organisation does not let its API clients sign agreements"))


def _signer_name(actor: Actor) -> str:
    """The person who signs; of an API client, the person who owns it."""
    if actor.client_id is None:
        return actor.name
    ours = Membership.objects.filter(organisation_id=actor.organisation_id, is_active=True)
    owner = ours.filter(user_id=actor.user_id) if actor.user_id else ours.none()
    name = owner.values_list("user__name", flat=True).first()
    if name is None:
        raise NotPermitted("agreement.sign_as_owner")
    return name


def to_provider(template: str, agreement: Agreement, permission: str) -> Notice:
    """A notice to the provider's people who hold the permission."""
    return _notice(template, agreement, agreement.provider_id, permission)


def to_authority(template: str, agreement: Agreement, permission: str, category: str = "") -> Notice:
    """A notice to the authority's people who hold the permission, and to hub brokers who may act on the category."""
    return _notice(template, agreement, agreement.authority_id, permission, category)


def _notice(template: str, agreement: Agreement, organisation_id: UUID, permission: str, category: str = "") -> Notice:
    slug = Organisation.objects.values_list("slug", flat=True).get(pk=organisation_id)
    return Notice(
        template,
        organisation_id,
        agreement.reference,
        f"/o/{slug}/agreements/{agreement.reference}/",
        permissions=(permission,),
        category=category,
    )


def _to_other_side(agreement: Agreement, side: str) -> Notice:
    if side == Signature.Side.AUTHORITY:
        return to_provider("contracts.other_side_signed", agreement, "agreement.sign_provider")
    return to_authority("contracts.other_side_signed", agreement, "agreement.sign_authority")
