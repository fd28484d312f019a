"""An agreement, its award, its placement and its signatures belong to the same two parties."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("contracts", "0001_initial"), ("placements", "0002_parties")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE contracts_agreement ADD CONSTRAINT agreement_award_same"
            " FOREIGN KEY (authority_id, award_id) REFERENCES placements_award (authority_id, id)",
            "ALTER TABLE contracts_agreement DROP CONSTRAINT agreement_award_same",
        ),
        migrations.RunSQL(
            "ALTER TABLE contracts_agreement ADD CONSTRAINT agreement_parties UNIQUE (id, authority_id, provider_id);"
            "ALTER TABLE contracts_signature ADD CONSTRAINT signature_parties"
            " FOREIGN KEY (agreement_id, authority_id, provider_id)"
            " REFERENCES contracts_agreement (id, authority_id, provider_id)",
            "ALTER TABLE contracts_signature DROP CONSTRAINT signature_parties;"
            "ALTER TABLE contracts_agreement DROP CONSTRAINT agreement_parties",
        ),
    ]
