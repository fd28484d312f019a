"""Establishments and households can only be pointed at together with their own provider."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("providers", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE providers_establishment ADD CONSTRAINT establishment_of_provider UNIQUE (provider_id, id)",
            "ALTER TABLE providers_establishment DROP CONSTRAINT establishment_of_provider",
        ),
        migrations.RunSQL(
            "ALTER TABLE providers_carerhousehold ADD CONSTRAINT household_of_agency"
            " FOREIGN KEY (provider_id, agency_id) REFERENCES providers_establishment (provider_id, id)",
            "ALTER TABLE providers_carerhousehold DROP CONSTRAINT household_of_agency",
        ),
    ]
