"""What is said about a complaint belongs to the same two parties as the complaint."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("concerns", "0001_concerns")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE concerns_complaint ADD CONSTRAINT complaint_parties UNIQUE (id, authority_id, provider_id);"
            "ALTER TABLE concerns_complaintentry ADD CONSTRAINT complaint_entry_parties"
            " FOREIGN KEY (complaint_id, authority_id, provider_id)"
            " REFERENCES concerns_complaint (id, authority_id, provider_id)",
            "ALTER TABLE concerns_complaintentry DROP CONSTRAINT complaint_entry_parties;"
            "ALTER TABLE concerns_complaint DROP CONSTRAINT complaint_parties",
        ),
    ]
