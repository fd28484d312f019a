"""Pages of the firewall, for an authority and for a central team; the API beside them; who reads which rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from brokerage.core.tenants.context import acting, system, worker
from brokerage.safeguarding.firewall.models import Check, Finding
from brokerage.safeguarding.firewall.queries.findings import failing_homes
from tests.api.clients import client_of
from tests.cast import actor_of, ident
from tests.firewall.finding import change_home, check, found, living

pytestmark = pytest.mark.django_db
PATH = "/o/harrow/firewall/"


def test_the_list_says_what_is_wrong_and_when_it_was_looked(sign_in: Any) -> None:
    client = sign_in("olive")
    page = client.get(PATH).content.decode()
    assert "Nothing has been looked at yet" in page and "No run has looked" in page
    one = found()
    page = client.get(PATH).content.decode()
    assert one.reference in page and "Registration is not active" in page and "1 placements looked at" in page
    assert "Not answered" in page and "Kestrel" not in page
    assert one.reference not in client.get(PATH, {"state": "cleared"}).content.decode()
    assert one.reference in client.get(PATH, {"code": "registration_not_active", "q": "birch"}).content.decode()
    assert "No finding fits the filter" in client.get(PATH, {"code": "welsh_growth"}).content.decode()
    assert client.get(PATH, {"q": "a\x00b", "page": "99"}).status_code == 200


def test_one_finding_is_answered_and_keeps_what_was_typed(sign_in: Any) -> None:
    client, one = sign_in("olive"), found()
    url = f"{PATH}{one.reference}/"
    page = client.get(url).content.decode()
    assert "Registration is not active" in page and one.placement_reference in page
    assert f"/o/harrow/alerts/new/?establishment={ident('birch-house')}" in page and "Start a referral" in page
    wrong = client.post(f"{url}answer/", {"plan": "x" * 4001})
    assert wrong.status_code == 200 and "x" * 4001 in wrong.content.decode()
    assert "Say what will be done" in client.post(f"{url}answer/", {"plan": ""}).content.decode()
    done = client.post(f"{url}answer/", {"plan": "We visit today."})
    assert done.status_code == 302 and done["Location"] == url
    page = client.get(url).content.decode()
    assert "We visit today." in page and "Olive Officer" in page and "Say what you will do" not in page
    assert client.get(f"{url}answer/").status_code == 409
    change_home(registration_status="active")
    check()
    assert "Passes again" in client.get(url).content.decode()


def test_who_may_not_see_findings(sign_in: Any) -> None:
    one = found()
    assert sign_in("fiona").get(PATH).status_code == 403
    assert sign_in("bob").get("/o/birch/firewall/").status_code == 403
    assert sign_in("edith").get(f"/o/ealing/firewall/{one.reference}/").status_code == 404
    assert sign_in("carol").get(f"/o/west-london-central/firewall/{one.reference}/").status_code == 404


def test_a_central_team_reads_homes_and_counts_and_no_placement(sign_in: Any) -> None:
    one = found()
    found("edith")
    page = sign_in("carol").get("/o/west-london-central/firewall/").content.decode()
    assert "Birch House" in page and "Registration is not active" in page
    assert one.reference not in page and one.placement_reference not in page
    with acting(actor_of("carol")):
        (home,) = failing_homes()
        assert (home.placements, home.authorities, home.unanswered) == (2, 2, 2)
    with acting(actor_of("wendy")):
        assert failing_homes() == []
    assert "Every home passes" in sign_in("wendy").get("/o/south-east-wales-central/firewall/").content.decode()


def test_machines_list_read_and_answer() -> None:
    one = found()
    machine = client_of("olive")
    (row,) = machine.get("/findings", state="open", code="registration_not_active").json()["items"]
    assert (row["reference"], row["placement"], row["home"]) == (one.reference, one.placement_reference, "Birch House")
    assert machine.get("/findings", establishment_id=str(ident("cedar-house"))).json()["items"] == []
    assert machine.get(f"/findings/{one.reference}").json()["plan"] == ""
    assert machine.get("/failing-homes").json()["items"] == []
    refused = machine.post(f"/findings/{one.reference}/answer", {"plan": " "})
    assert refused.status_code == 422
    answered = machine.post(f"/findings/{one.reference}/answer", {"plan": "We visit today."})
    assert answered.status_code == 200 and answered.json()["state"] == "acknowledged"
    assert machine.post(f"/findings/{one.reference}/answer", {"plan": "Again"}).json()["code"] == "finding_not_now"
    assert client_of("edith").get(f"/findings/{one.reference}").status_code == 404
    assert client_of("olive", scopes=["alerts:read"]).get("/findings").status_code == 403
    central = client_of("carol")
    (home,) = central.get("/failing-homes").json()["items"]
    assert (home["placements"], home["authorities"], home["codes"]) == (1, 1, ["registration_not_active"])
    assert central.get("/findings").json()["items"] == []


# --- rows ---------------------------------------------------------------------------------------------------------


def refused(who: str, statement: str, *parameters: Any) -> bool:
    with acting(actor_of(who)):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.rowcount == 0
        except ProgrammingError:
            return True


def test_nobody_else_reads_a_row() -> None:
    found()
    for who in ("edith", "nia"):
        with acting(actor_of(who)):
            assert not Finding.objects.exists() and not Check.objects.exists()
    for who in ("carol", "bob", "cecil"):
        for table in ("firewall_finding", "firewall_check"):
            assert refused(who, f"SELECT * FROM {table}")
    with worker(), pytest.raises(ProgrammingError), transaction.atomic():
        list(Finding.objects.all())


def test_people_neither_find_nor_clear_nor_undo() -> None:
    one = found()
    columns = "(id, authority_id, reference, placement_id, placement_reference, category, home, codes, state, found_at,"
    columns += " changed_at, told_at, told_as, reminded, acknowledged_by_name, plan)"
    values = "SELECT gen_random_uuid(), authority_id, 'F-X', gen_random_uuid(), 'P-X', category, 'x', codes, 'open',"
    values += " now(), now(), now(), 'found', 0, '', '' FROM firewall_finding"
    assert refused("olive", f"INSERT INTO firewall_finding {columns} {values}")
    assert refused("olive", "UPDATE firewall_finding SET state = 'cleared', cleared_at = now()")
    assert refused("edith", "UPDATE firewall_finding SET state = 'acknowledged', plan = 'x', acknowledged_at = now()")
    assert refused("olive", "DELETE FROM firewall_finding WHERE id = %s", one.pk)
    assert refused("olive", "DELETE FROM firewall_check")
    answer = "UPDATE firewall_finding SET state = 'acknowledged', plan = 'x', acknowledged_at = clock_timestamp()"
    for more in ("codes = '{}'", "home = 'Another'", "told_as = 'x'", "acknowledged_at = now() - interval '1 day'"):
        twice = answer.split(", acknowledged_at")[0] if more.startswith("acknowledged_at") else answer
        assert refused("olive", f"{twice}, {more}")
    assert not refused("olive", answer)
    assert refused("olive", answer.replace("'x'", "'another'"))
    change_home(registration_status="active")
    check()
    assert refused("olive", "UPDATE firewall_finding SET plan = 'another'")


def test_the_functions_answer_only_those_they_are_for() -> None:
    one = found()
    for who in ("olive", "bob", "carol"):
        assert refused(who, "SELECT firewall_authorities(%s::uuid[])", [ident("birch-house")])
    for who in ("olive", "bob"):
        assert refused(who, "SELECT firewall_failing()")
    for who in ("bob", "carol"):
        assert refused(who, "SELECT firewall_tell(%s)", one.told_in)
    with acting(actor_of("edith")), connection.cursor() as cursor:
        cursor.execute("SELECT firewall_tell(%s)", [one.told_in])
        assert cursor.fetchone() == (0,)


def test_a_delegation_for_other_kinds_reads_none_of_them() -> None:
    from dataclasses import replace

    found()
    living()
    with acting(replace(actor_of("olive"), categories=("fostering",))):
        assert not Finding.objects.exists()
    with system(actor_of("olive").organisation_id):
        assert Finding.objects.count() == 1
