"""Foreign keys that carry the tenant: a row of one authority can never point at another's.

Foreign keys and unique checks bypass row security, so a plain key would accept another authority's referral.
"""

from django.db import migrations

#: table, columns, referenced table, referenced columns
KEYS = [
    ("placements_referral", "authority_id, person_id", "placements_person", "authority_id, id"),
    ("placements_referrallot", "authority_id, referral_id", "placements_referral", "authority_id, id"),
    ("placements_referraldocument", "authority_id, referral_id", "placements_referral", "authority_id, id"),
    ("placements_match", "authority_id, referral_id", "placements_referral", "authority_id, id"),
    ("placements_release", "authority_id, referral_id", "placements_referral", "authority_id, id"),
    *(
        (f"placements_{name}", "authority_id, referral_id, provider_id", "placements_release",
         "authority_id, referral_id, provider_id")
        for name in ("invitation", "clarification", "decline", "offer")
    ),
    ("placements_offer", "provider_id, establishment_id", "providers_establishment", "provider_id, id"),
    ("placements_award", "authority_id, referral_id", "placements_referral", "authority_id, id"),
    ("placements_award", "authority_id, offer_id", "placements_offer", "authority_id, id"),
    ("placements_approval", "authority_id, award_id", "placements_award", "authority_id, id"),
    ("placements_placement", "authority_id, person_id", "placements_person", "authority_id, id"),
    ("placements_placement", "authority_id, referral_id", "placements_referral", "authority_id, id"),
    ("placements_placement", "authority_id, award_id", "placements_award", "authority_id, id"),
]


def _operations():
    for table, columns, target, target_columns in KEYS:
        name = f"{table}_{columns.replace('_id', '').replace(', ', '_')}_same"
        yield migrations.RunSQL(
            f'ALTER TABLE {table} ADD CONSTRAINT "{name}" FOREIGN KEY ({columns})'
            f" REFERENCES {target} ({target_columns})",
            f'ALTER TABLE {table} DROP CONSTRAINT "{name}"',
        )


class Migration(migrations.Migration):
    dependencies = [("placements", "0001_initial"), ("providers", "0002_parties")]
    operations = list(_operations())
