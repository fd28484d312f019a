"""Insurance certificates: checked like any upload, read by authorities and central teams, by a link that soon ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from brokerage.core.audit.models import Entry
from brokerage.core.stored_files import LINK_SECONDS
from brokerage.core.tenants.context import acting
from providers.models import Insurance
from tests.cast import TODAY, actor_of, ident

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def first_policy() -> Insurance:
    with acting(actor_of("bob")):
        found = Insurance.objects.filter(provider_id=ident("birch"), starts_on__lte=TODAY).order_by("kind").first()
        assert found is not None
        return found


def send(client: Client, policy: Insurance, name: str, content: bytes) -> Any:
    return client.post(
        f"/o/birch/our-homes/insurance/{policy.pk}/",
        {
            "kind": policy.kind,
            "insurer": "Mutual",
            "policy_number": "P1",
            "cover_amount": "5000000",
            "starts_on": str(policy.starts_on),
            "expires_on": str(policy.expires_on),
            "file": SimpleUploadedFile(name, content),
        },
    )


def test_authorities_and_central_teams_read_what_the_provider_adds(sign_in: SignIn) -> None:
    policy, bob = first_policy(), sign_in("bob")
    assert send(bob, policy, "cover 2026.pdf", PDF).status_code == 302
    assert "cover 2026.pdf" in bob.get(f"/o/birch/our-homes/insurance/{policy.pk}/").content.decode()
    for who, slug in (("bob", "birch"), ("olive", "harrow"), ("carol", "west-london-central")):
        client, address = sign_in(who), f"/o/{slug}/providers/insurance/{policy.pk}/certificate/"
        fetched = client.get(address, follow=True)
        assert b"".join(fetched) == PDF
        assert fetched["Content-Disposition"] == 'attachment; filename="cover 2026.pdf"'
        assert fetched["X-Content-Type-Options"] == "nosniff"
        with acting(actor_of(who)):
            assert Entry.objects.filter(kind="insurance.certificate_read", subject_id=str(policy.pk)).count() == 1
    verify = sign_in("carol").get(f"/o/west-london-central/providers/{ident('birch')}/verify/").content.decode()
    assert f"/providers/insurance/{policy.pk}/certificate/" in verify
    assert sign_in("alice").get(f"/o/alder/providers/insurance/{policy.pk}/certificate/").status_code == 404
    assert sign_in("adam").get(f"/o/harrow/providers/insurance/{policy.pk}/certificate/").status_code == 403


def test_a_link_is_one_persons_and_ends(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    policy, bob = first_policy(), sign_in("bob")
    send(bob, policy, "cover.pdf", PDF)
    link = sign_in("olive").get(f"/o/harrow/providers/insurance/{policy.pk}/certificate/").url
    assert sign_in("oscar").get(link).status_code == 404
    later = time.time() + LINK_SECONDS + 1
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert sign_in("olive").get(link).status_code == 404


def test_a_refused_file_changes_nothing(sign_in: SignIn) -> None:
    policy, bob = first_policy(), sign_in("bob")
    page = send(bob, policy, "cover.pdf", b"MZ\x90\x00" + b"\x00" * 200).content.decode()
    assert "is a program, not a document" in page
    with acting(actor_of("bob")):
        policy.refresh_from_db()
        assert (policy.certificate_stored, policy.policy_number == "P1") == ("", False)
    assert sign_in("olive").get(f"/o/harrow/providers/insurance/{policy.pk}/certificate/").status_code == 404


def test_a_new_certificate_takes_the_place_of_the_old(
    sign_in: SignIn, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    policy, bob = first_policy(), sign_in("bob")
    send(bob, policy, "old.pdf", PDF)
    with acting(actor_of("bob")):
        old = Insurance.objects.get(pk=policy.pk).certificate_stored
    with django_capture_on_commit_callbacks(execute=True):
        send(bob, policy, "new.pdf", PDF + b"\n")
    with acting(actor_of("bob")):
        new = Insurance.objects.get(pk=policy.pk)
    assert new.certificate_name == "new.pdf" and default_storage.exists(new.certificate_stored)
    assert not default_storage.exists(old)
