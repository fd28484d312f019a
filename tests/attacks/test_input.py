"""Input that no form sends: characters PostgreSQL refuses, signs nobody sees, answers that no shared computer keeps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from placements.redaction import find_disclosures
from tests.scenarios import invited

SignIn = Callable[[str], Client]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("olive", "/o/harrow/referrals/R-%00/"),
        ("olive", "/o/harrow/referrals/%00/compare/"),
        ("olive", "/o/harrow/agreements/A%00/"),
        ("olive", "/o/harrow/placements/P%00/"),
        ("bob", "/o/birch/inbox/%00/"),
        ("bob", "/o/birch/agreements/%00/"),
    ],
)
def test_a_nul_in_an_address_is_no_fault_of_ours(sign_in: SignIn, who: str, path: str) -> None:
    client = sign_in(who)
    assert client.get(path).status_code in (400, 404)
    assert client.post(path, {}).status_code in (400, 404, 405)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["q=%00", "q=R-%00", "q=%ED%A0%80", f"q={'x' * 5000}", "q=%27%3B--"])
def test_the_search_takes_anything(sign_in: SignIn, query: str) -> None:
    for who, slug in (("olive", "harrow"), ("bob", "birch"), ("carol", "west-london-central")):
        assert sign_in(who).get(f"/o/{slug}/search/?{query}").status_code in (200, 302), who


@pytest.mark.django_db
def test_nothing_of_an_organisation_stays_in_a_shared_computers_browser(sign_in: SignIn) -> None:
    story = invited()
    for who, path in (
        ("olive", "/o/harrow/"),
        ("olive", f"/o/harrow/referrals/{story.reference}/"),
        ("olive", "/o/harrow/agreements/"),
        ("bob", "/o/birch/inbox/"),
        ("bob", f"/o/birch/inbox/{story.reference}/"),
        ("bob", "/o/birch/offers/"),
        ("bob", "/o/birch/messages/"),
        ("adam", "/o/harrow/audit/"),
    ):
        response = sign_in(who).get(path)
        assert response.status_code == 200, path
        assert "no-store" in response["Cache-Control"] and "private" in response["Cache-Control"], path


@pytest.mark.parametrize(
    "written",
    [
        "Zach\u00adariah",  # a soft hyphen, as copied from a PDF
        "Zach\u200bariah",  # a zero-width space
        "Zacha\u2060riah",  # a word joiner
        "Zachariah\u200d",
        "\ufeffZachariah",
        "Z\u0301achariah",
    ],
)
def test_signs_nobody_sees_hide_no_name(written: str) -> None:
    text = f"The boy {written} likes football."
    found = find_disclosures(text, known_names=["Zachariah Quillfeather"])
    assert [finding.kind for finding in found] == ["name"]
    assert text[found[0].start : found[0].end].startswith(written.lstrip("\ufeff")[:5])


def test_nor_a_postcode_or_a_telephone_number() -> None:
    text = "Near HA1\u200b 2AA, ring 020\u00ad 7946 0018."
    assert {finding.kind for finding in find_disclosures(text)} == {"postcode", "phone"}


@pytest.mark.parametrize("announced", ["67108865", "99999999999999999999", "-1", "1e9", "x"])
def test_a_body_too_large_is_not_even_read(client: Client, announced: str) -> None:
    """Before any check of who asks, the sign of the form or the file: nobody fills the disk."""
    response = client.generic("POST", "/verify/", b"", CONTENT_LENGTH=announced)
    assert response.status_code == 413


@pytest.mark.django_db
def test_ten_thousand_fields_are_refused(client: Client) -> None:
    many = {f"field-{number}": "x" for number in range(10_000)}
    assert client.post("/verify/", many).status_code in (400, 403)
