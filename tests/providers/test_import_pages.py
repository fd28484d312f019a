"""The pages of imports: upload, check, import, resume, throw away; who may, and who may not see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.tenants.context import acting, worker
from providers.imports import engine
from providers.models import Establishment, ImportRun
from tests.cast import actor_of
from tests.providers.test_imports import home, many, register

pytestmark = pytest.mark.django_db

HERE = "/o/west-london-central/imports/"
SignIn = Callable[[str], Client]


def upload(client: Client, content: bytes, name: str = "register.csv", kind: str = "register", here: str = HERE) -> Any:
    return client.post(f"{here}new/", {"kind": kind, "file": SimpleUploadedFile(name, content, "text/csv")})


def work() -> None:
    """The worker's next tick. A test is one transaction, whose clock stands still: everything is made due first."""
    with worker():
        OutboxItem.objects.filter(done_at__isnull=True).update(available_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    outbox.drain("default", rounds=1)


def runs(who: str = "carol") -> list[ImportRun]:
    with acting(actor_of(who)):
        return list(ImportRun.objects.order_by("created_at"))


def test_a_file_is_checked_then_imported_then_forgotten(sign_in: SignIn) -> None:
    client = sign_in("carol")
    response = upload(client, register(home(), home(urn="SC911002", age_max="x")))
    assert response.status_code == 302
    page = client.get(response.url)
    assert "of 2 rows done" in page.content.decode()
    work()
    with acting(actor_of("carol")):
        assert not Establishment.objects.filter(urn="SC911001").exists()
    text = client.get(response.url).content.decode()
    assert "Would be new" in text and "age_max" in text and "Import these rows" in text
    started = client.post(f"{response.url}import/")
    again = client.post(f"{response.url}import/")
    assert started.url == again.url != response.url
    work()
    assert "Imported" in client.get(started.url).content.decode()
    assert "See the import of this file" in client.get(response.url).content.decode()
    with acting(actor_of("carol")):
        assert Establishment.objects.filter(urn="SC911001").exists()
    check, done = runs()
    assert (check.stored_name, done.stored_name, done.state, done.created_by_name) == ("", "", "done", "Carol Contract")
    assert not default_storage.listdir(f"imports/{check.organisation_id}")[1]
    assert "register.csv" in client.get(HERE).content.decode()


def test_the_list_of_problems_is_paged_and_can_be_downloaded(sign_in: SignIn) -> None:
    client = sign_in("carol")
    response = upload(client, register(*(home(urn=f"SC92{row:04}", age_max="x") for row in range(60))))
    work()
    text = client.get(response.url).content.decode()
    assert "?page=2" in text and "Import these rows" not in text
    listed = client.get(f"{response.url}problems.csv")
    assert listed["Content-Disposition"] == 'attachment; filename="problems.csv"'
    assert len(listed.content.decode().splitlines()) == 61
    refused = client.post(f"{response.url}import/")
    assert refused.status_code == 409


def test_a_file_imported_before_is_recognised(sign_in: SignIn) -> None:
    client = sign_in("carol")
    for _again in range(2):
        response = upload(client, register(home()))
        work()
        text = client.get(response.url).content.decode()
        client.post(f"{response.url}import/")
        work()
    assert "This very file was imported" in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 workbook", "Excel workbook"),
        (b"MZ\x90\x00\x03\x00", "not a CSV file"),
        (b"%PDF-1.7", "This is a PDF"),
        (b"", "empty"),
        (b"urn,name\n", "no rows"),
        (b"urn;name\nSC1;House\n", "not separated by commas"),
    ],
)
def test_what_is_no_csv_file_is_refused_beside_the_field(sign_in: SignIn, content: bytes, words: str) -> None:
    response = upload(sign_in("carol"), content)
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not runs()


def test_a_file_of_30_mb_is_refused_with_a_sentence(sign_in: SignIn, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    response = upload(sign_in("carol"), b"urn,name\n" + b"SC1,House\n" * 200_000)
    assert "smaller than 1 MB" in response.content.decode()
    assert not runs()


def test_wrong_columns_end_the_check_with_their_names(sign_in: SignIn) -> None:
    client = sign_in("carol")
    response = upload(client, Path("brokerage/demo/data/bad/register_wrong_columns.csv").read_bytes())
    work()
    text = client.get(response.url).content.decode()
    assert "provider_name" in text and "Go on from" not in text and "Import another file" in text
    assert runs()[0].stored_name == ""


def test_a_stopped_import_goes_on_from_the_page(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client = sign_in("carol")
    response = upload(client, register(*many(1200)))
    work()
    started = client.post(f"{response.url}import/").url
    real, calls = engine._do_batch, []

    def broken_at_the_second(*args: Any) -> ImportRun:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the machine went away")
        return real(*args)

    monkeypatch.setattr(engine, "_do_batch", broken_at_the_second)
    work()
    text = client.get(started).content.decode()
    assert "Nothing is lost" in text and "Go on from the first row not done" in text
    monkeypatch.setattr(engine, "_do_batch", real)
    assert client.post(f"{started}resume/").url == started
    work()
    run = runs()[-1]
    assert (run.state, run.rows_created, run.rows_done) == ("done", 1200, 1200)


def test_a_checked_file_can_be_thrown_away(sign_in: SignIn) -> None:
    client = sign_in("carol")
    response = upload(client, register(home()))
    work()
    assert client.post(f"{response.url}discard/").status_code == 302
    assert runs()[0].stored_name == ""
    assert client.post(f"{response.url}import/").status_code == 409


def test_the_progress_is_polled_as_a_fragment_and_ends_with_the_whole_page(sign_in: SignIn) -> None:
    client = sign_in("carol")
    response = upload(client, register(home()))
    fragment = client.get(response.url, headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode() and "HX-Refresh" not in fragment
    work()
    assert client.get(response.url, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_each_kind_has_an_empty_file_to_fill_in(sign_in: SignIn) -> None:
    client = sign_in("carol")
    assert client.get(f"{HERE}new/").status_code == 200
    for kind in ("register", "households", "insurance", "prices", "menus"):
        assert client.get(f"{HERE}columns/{kind}.csv").status_code == 200
    assert client.get(f"{HERE}columns/placements.csv").status_code == 404
    assert client.get(f"{HERE}columns/nothing.csv").status_code == 404


def test_an_authority_imports_its_placements_and_nothing_else(sign_in: SignIn) -> None:
    client, here = sign_in("connie"), "/o/harrow/imports/"
    page = client.get(f"{here}new/").content.decode()
    assert "Running placements" in page and "Ceiling prices" not in page
    assert upload(client, register(home()), kind="register", here=here).status_code == 200
    assert not runs("connie")


@pytest.mark.parametrize(
    ("who", "slug"), [("hugh", "west-london-central"), ("olive", "harrow"), ("alice", "alder"), ("sandra", "harrow")]
)
def test_the_wrong_role_is_refused(sign_in: SignIn, who: str, slug: str) -> None:
    client = sign_in(who)
    for path in ("", "new/", "columns/register.csv"):
        assert client.get(f"/o/{slug}/imports/{path}").status_code == 403


def test_another_tenant_s_run_is_not_found(sign_in: SignIn) -> None:
    run = upload(sign_in("carol"), register(home())).url.rstrip("/").rpartition("/")[2]
    client = sign_in("connie")
    for path in ("", "problems.csv"):
        assert client.get(f"/o/harrow/imports/{run}/{path}").status_code == 404
    for path in ("import/", "resume/", "discard/"):
        assert client.post(f"/o/harrow/imports/{run}/{path}").status_code == 404
        assert client.get(f"/o/harrow/imports/{run}/{path}").status_code == 405
    assert sign_in("connie").get(HERE).status_code == 404
