"""An admission can only name an establishment together with its own provider."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("dpv", "0001_initial"), ("providers", "0002_parties")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE dpv_admission ADD CONSTRAINT admission_of_provider"
            " FOREIGN KEY (provider_id, establishment_id) REFERENCES providers_establishment (provider_id, id)",
            "ALTER TABLE dpv_admission DROP CONSTRAINT admission_of_provider",
        ),
    ]
