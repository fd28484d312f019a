"""A webhook belongs to a client of its own organisation; a delivery to a webhook and a change of the same one."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_feed_and_webhooks")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE api_apiclient ADD CONSTRAINT api_client_organisation UNIQUE (organisation_id, id);"
            "ALTER TABLE webhooks_webhook ADD CONSTRAINT webhook_client_same"
            " FOREIGN KEY (organisation_id, client_id) REFERENCES api_apiclient (organisation_id, id)",
            "ALTER TABLE webhooks_webhook DROP CONSTRAINT webhook_client_same;"
            "ALTER TABLE api_apiclient DROP CONSTRAINT api_client_organisation",
        ),
        migrations.RunSQL(
            "ALTER TABLE webhooks_webhook ADD CONSTRAINT webhook_organisation UNIQUE (organisation_id, id);"
            "ALTER TABLE webhooks_change ADD CONSTRAINT change_organisation UNIQUE (organisation_id, id);"
            "ALTER TABLE webhooks_delivery ADD CONSTRAINT delivery_webhook_same"
            " FOREIGN KEY (organisation_id, webhook_id) REFERENCES webhooks_webhook (organisation_id, id);"
            "ALTER TABLE webhooks_delivery ADD CONSTRAINT delivery_change_same"
            " FOREIGN KEY (organisation_id, change_id) REFERENCES webhooks_change (organisation_id, id)",
            "ALTER TABLE webhooks_delivery DROP CONSTRAINT delivery_change_same;"
            "ALTER TABLE webhooks_delivery DROP CONSTRAINT delivery_webhook_same;"
            "ALTER TABLE webhooks_change DROP CONSTRAINT change_organisation;"
            "ALTER TABLE webhooks_webhook DROP CONSTRAINT webhook_organisation",
        ),
    ]
