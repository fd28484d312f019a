"""What is over already enters the book of sums, as the triggers would have written it."""

from django.db import migrations

from brokerage.reports.tallies import fill


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_initial"),
        ("placements", "0010_ended_has_date"),
    ]

    operations = [migrations.RunSQL(fill(), "DELETE FROM reports_tally")]
