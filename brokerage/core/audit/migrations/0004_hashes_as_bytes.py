"""Hashes are kept as their 32 bytes, not as 64 digits, and each link says by which scheme its hash was made.

Existing links keep their hashes, which were made by scheme 1, and exported anchors hold. The tables are written anew:
some ten seconds for a million links.
"""

from django.db import migrations, models

import brokerage.core.audit.models

_AS_BYTES = """
ALTER TABLE audit_link ALTER COLUMN previous_hash TYPE bytea USING decode(previous_hash, 'hex'),
  ALTER COLUMN hash TYPE bytea USING decode(hash, 'hex'), ADD COLUMN scheme smallint NOT NULL DEFAULT 1;
ALTER TABLE audit_link ALTER COLUMN scheme DROP DEFAULT;
ALTER TABLE audit_head ALTER COLUMN previous_hash DROP DEFAULT;
ALTER TABLE audit_head ALTER COLUMN previous_hash TYPE bytea USING decode(previous_hash, 'hex'),
  ALTER COLUMN hash TYPE bytea USING decode(hash, 'hex');
ALTER TABLE audit_head ALTER COLUMN previous_hash SET DEFAULT '\\x'::bytea;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0003_alerts_of_entry'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_AS_BYTES)],
            state_operations=[
                migrations.AddField('link', 'scheme', models.SmallIntegerField(default=1), preserve_default=False),
                *(
                    migrations.AlterField(model, name, brokerage.core.audit.models.DigestField())
                    for model, name in (('link', 'previous_hash'), ('link', 'hash'), ('head', 'hash'))
                ),
                migrations.AlterField(
                    'head', 'previous_hash', brokerage.core.audit.models.DigestField(db_default=b'')
                ),
            ],
        ),
    ]
