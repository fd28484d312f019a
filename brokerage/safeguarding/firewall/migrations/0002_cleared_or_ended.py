"""What is over has passed again or ended: its label says both."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("firewall", "0001_findings")]
    operations = [
        migrations.AlterField(
            model_name="finding",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Not answered"),
                    ("acknowledged", "Answered"),
                    ("cleared", "Passes again, or has ended"),
                ],
                default="open",
                max_length=16,
            ),
        ),
    ]
