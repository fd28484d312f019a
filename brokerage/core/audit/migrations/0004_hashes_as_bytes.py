"""Hashes are kept as their 32 bytes, not as 64 digits, and each link says by which scheme its hash was made.

Existing links keep their hashes, which were made by scheme 1, and exported anchors hold. The tables are written anew,
some ten seconds for a million links, in which every act waits for its turn at the chain.
"""

from typing import Any

from django.db import migrations, models

import brokerage.core.audit.models
from brokerage.core.audit.row_security import FUNCTIONS
from brokerage.core.tenants.rowsecurity import DEFINER

#: In the order in which a commit takes them.
_AS_BYTES = """
LOCK TABLE audit_head, audit_link IN ACCESS EXCLUSIVE MODE;
ALTER TABLE audit_link ALTER COLUMN previous_hash TYPE bytea USING decode(previous_hash, 'hex'),
  ALTER COLUMN hash TYPE bytea USING decode(hash, 'hex'), ADD COLUMN scheme smallint NOT NULL DEFAULT 1;
ALTER TABLE audit_link ALTER COLUMN scheme DROP DEFAULT;
ALTER TABLE audit_head ALTER COLUMN previous_hash DROP DEFAULT;
ALTER TABLE audit_head ALTER COLUMN previous_hash TYPE bytea USING decode(previous_hash, 'hex'),
  ALTER COLUMN hash TYPE bytea USING decode(hash, 'hex');
ALTER TABLE audit_head ALTER COLUMN previous_hash SET DEFAULT '\\x'::bytea;
"""


def renew_functions(_apps: Any, schema_editor: Any) -> None:
    """Where a chain is written already it goes on from here, and not only when `migrate` renews every function."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('audit_chain()')")
        if cursor.fetchone()[0] is None:
            return
        # What they name may have other columns by the time of this code: the last word has the end of `migrate`.
        cursor.execute(f"SET LOCAL check_function_bodies = off; SET LOCAL ROLE {DEFINER}")
        for statement in FUNCTIONS:
            cursor.execute(statement)
        cursor.execute("RESET ROLE; RESET check_function_bodies")


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0003_alerts_of_entry'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_AS_BYTES), migrations.RunPython(renew_functions)],
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
