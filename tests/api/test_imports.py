"""A regulator's list through the API: sent, checked, what it triggers read, carried out or thrown away."""

from __future__ import annotations

import pytest

from brokerage.core.tenants.context import acting
from providers.api.import_shapes import ImportFault, ImportHome, ImportOut, ImportRow
from providers.models import Establishment
from tests.api.answers import fits
from tests.api.clients import Machine, client_of
from tests.cast import actor_of, ident
from tests.firewall.finding import living
from tests.firewall.test_imports import CLOSED, house
from tests.providers.test_import_pages import work
from tests.providers.test_imports import register

pytestmark = pytest.mark.django_db


def sent(machine: Machine, content: bytes = CLOSED, query: str = "kind=register") -> str:
    made = machine.upload(f"/imports?{query}", content, name="november.csv")
    assert made.status_code == 201, made.content
    row = fits(ImportRow, made.json())
    assert (row["state"], row["is_check"], row["file_name"]) == ("waiting", True, "november.csv")
    assert made["Location"] == f"/api/v1/imports/{row['id']}"
    return str(row["id"])


def test_a_list_is_checked_read_and_carried_out() -> None:
    living()
    central = client_of("carol")
    run = sent(central, register(house(registration_status="cancelled"), house(urn="SC990777", age_max="x")))
    waiting = fits(ImportOut, central.get(f"/imports/{run}").json())
    assert waiting["triggers"] is None and not waiting["may_import"]
    early = central.post(f"/imports/{run}/import")
    assert (early.status_code, early.json()["code"]) == (409, "not_checked")
    work()
    checked = fits(ImportOut, central.get(f"/imports/{run}").json())
    assert (checked["rows_done"], checked["rows_refused"], checked["may_import"]) == (2, 1, True)
    told = checked["triggers"]
    assert (told["homes"], told["registration_lost"], told["placements"], told["authorities"]) == (1, 1, 1, 1)
    (one,) = fits(ImportHome, central.get(f"/imports/{run}/homes").json())["items"]
    assert (one["id"], one["changes"]) == (str(ident("birch-house")), ["registration_lost"])
    (fault,) = fits(ImportFault, central.get(f"/imports/{run}/problems").json())["items"]
    assert (fault["line"], fault["column"]) == (3, "age_max")
    with acting(actor_of("carol")):
        assert Establishment.objects.get(pk=ident("birch-house")).registration_status == "active", "only checked"
    started = central.post(f"/imports/{run}/import")
    assert started.status_code == 201 and not fits(ImportRow, started.json())["is_check"]
    key = started.json()["id"]
    assert central.post(f"/imports/{run}/import").json()["id"] == key, "asked twice, it is the same import"
    work()
    assert central.get(f"/imports/{run}").json()["import_id"] == key
    assert fits(ImportOut, central.get(f"/imports/{key}").json())["state"] == "done"
    with acting(actor_of("carol")):
        assert Establishment.objects.get(pk=ident("birch-house")).registration_status == "cancelled"
    assert [row["id"] for row in fits(ImportRow, central.get("/imports").json())["items"]] == [key, run]
    over = central.post(f"/imports/{run}/resume")
    assert (over.status_code, over.json()["code"]) == (409, "finished")


def test_a_checked_list_is_thrown_away() -> None:
    central = client_of("carol")
    run = sent(central, query="kind=register&is_whole_list=false")
    work()
    assert central.delete(f"/imports/{run}").status_code == 204
    gone = central.post(f"/imports/{run}/import")
    assert (gone.status_code, gone.json()["code"]) == (409, "file_gone")


def test_what_is_no_list_and_who_may_not() -> None:
    central = client_of("carol")
    unreadable = central.upload("/imports?kind=register", b"\x00\x01", name="x.csv")
    assert (unreadable.status_code, unreadable.json()["code"]) == (422, "file_unreadable")
    assert central.upload("/imports?kind=register", CLOSED).json()["code"] == "file_name_missing"
    assert central.upload("/imports?kind=placements", CLOSED, name="x.csv").status_code == 403
    run = sent(central)
    work()
    other = client_of("wendy")
    for path in ("", "/homes", "/problems"):
        assert other.get(f"/imports/{run}{path}").status_code == 404
    for answer in (other.post(f"/imports/{run}/import"), other.delete(f"/imports/{run}")):
        assert answer.status_code == 404
    assert client_of("olive").get("/imports").status_code == 403, "an authority keeps no register"
    reader = client_of("carol", scopes=["imports:read"])
    assert reader.get(f"/imports/{run}").status_code == 200
    assert reader.post(f"/imports/{run}/import").json()["code"] == "missing_scope"
