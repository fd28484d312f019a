"""An incident and its entries belong to the two parties of the agreement."""

from django.db import migrations

KEYS = (
    ("incidents_incident", "agreement_id", "contracts_agreement"),
    ("incidents_incidententry", "incident_id", "incidents_incident"),
)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_incidents"), ("contracts", "0002_parties")]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_parties_same"
            f" FOREIGN KEY ({column}, authority_id, provider_id) REFERENCES {target} (id, authority_id, provider_id)",
            f"ALTER TABLE {table} DROP CONSTRAINT {table}_parties_same",
        )
        for table, column, target in KEYS
    ]
