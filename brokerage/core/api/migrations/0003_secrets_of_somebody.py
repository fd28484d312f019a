"""Who made each secret, from the audit trail; a secret that nobody is known to have made stops working."""

from django.db import migrations

FILL = """
UPDATE api_apiclient c SET secret_by_id = (
  SELECT e.actor_user_id FROM audit_entry e
  WHERE e.organisation_id = c.organisation_id AND e.subject_id = c.id::text
    AND e.kind IN ('api_client.created', 'api_client.rotated')
  ORDER BY e.at DESC LIMIT 1)
WHERE c.secret_by_id IS NULL AND c.revoked_at IS NULL
"""
END_SECRETS = """
UPDATE allauth_idp_oidc_client o SET secret = '!' FROM api_apiclient c
WHERE c.oauth_id = o.id AND c.secret_by_id IS NULL
"""
END_TOKENS = """
DELETE FROM allauth_idp_oidc_token t USING api_apiclient c
WHERE c.oauth_id = t.client_id AND c.secret_by_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0002_secret_by"),
        ("audit", "0002_links_in_one_statement"),
        ("allauth_idp_oidc", "0001_initial"),
    ]

    operations = [migrations.RunSQL([FILL, END_SECRETS, END_TOKENS], migrations.RunSQL.noop)]
