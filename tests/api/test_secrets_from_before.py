"""Secrets made before it was written down who made them: the migration looks it up or ends them."""

from __future__ import annotations

from importlib import import_module

from django.db import connection

from brokerage.core.api.models import ApiClient
from brokerage.core.tenants.context import acting
from tests.api.clients import client_of
from tests.api.crowds import superuser
from tests.api.test_second_hands import ALERT, administrator, client_made_by, refused, rotated
from tests.cast import ident


def test_a_secret_from_before_is_its_makers_by_the_trail_or_nobodys(committed: str) -> None:
    known, replaced, lost = (client_made_by("tessa", owner="olive", name=name) for name in ("A", "B", "C"))
    replaced = rotated(replaced, "dora")
    migration = import_module("brokerage.core.api.migrations.0003_secrets_of_somebody")
    with superuser(str(connection.settings_dict["NAME"])) as cursor:
        cursor.execute("UPDATE api_apiclient SET secret_by_id = NULL")
        cursor.execute("UPDATE audit_entry SET kind = 'other' WHERE subject_id = %s", [str(lost.client_id)])
        for statement in (migration.FILL, migration.END_SECRETS, migration.END_TOKENS):
            cursor.execute(statement)
    with acting(administrator("tessa")):
        found = {client.pk: client for client in ApiClient.objects.select_related("oauth")}
    makers = [found[machine.client_id].secret_by_id for machine in (known, replaced, lost)]
    assert makers == [ident("user tessa"), ident("user dora"), None]
    assert [found[machine.client_id].has_secret for machine in (known, replaced, lost)] == [True, True, False]
    assert [machine.get("/authorities").status_code for machine in (known, replaced, lost)] == [200, 200, 401]
    raised = known.post("/alerts", ALERT).json()["reference"]
    refused(client_of("tessa").post(f"/alerts/{raised}/confirm"))
