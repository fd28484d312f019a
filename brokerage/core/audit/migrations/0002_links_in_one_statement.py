"""The head carries the hash before its own, so that the trigger moves it on and writes the link in one statement.

Links lose their foreign keys: each was a query of its own at every commit. Existing chains stay as they are.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0001_initial'),
        ('tenants', '0003_alter_invitation_roles_alter_membership_roles'),
    ]

    operations = [
        migrations.AddField(
            model_name='head',
            name='previous_hash',
            field=models.CharField(db_default='', max_length=64),
        ),
        # A head changes with every entry: room for its next version on the page that it is on.
        migrations.RunSQL(
            "ALTER TABLE audit_head SET (fillfactor = 50)", "ALTER TABLE audit_head RESET (fillfactor)"
        ),
        migrations.AlterField(
            model_name='link',
            name='entry',
            field=models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='link', serialize=False, to='audit.entry'),
        ),
        migrations.AlterField(
            model_name='link',
            name='organisation',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.organisation'),
        ),
    ]
