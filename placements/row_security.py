"""Row security of the main road. A provider reads releases, never referrals; an authority sees an offer only
once it is submitted and, on a sealed call-off, only after opening."""

from brokerage.core.tenants.rowsecurity import (
    ALL,
    AUTHORITY,
    CATEGORIES,
    DEFINER,
    MIGRATOR,
    ORGANISATION,
    PROVIDER,
    Allow,
    Table,
    tenant,
    two_party,
)
from placements.queries.referrals import OPENED, TIMELINE

_visible_offer = "submitted_at IS NOT NULL AND opens_at <= now()"
_ours = f"authority_id = {ORGANISATION}"
_mine = f"provider_id = {ORGANISATION}"
#: A hub broker under a delegation for some kinds of referral finds no others, nor whom they are for.
_covered = f"{_ours} AND ({CATEGORIES} IS NULL OR category = ANY ({CATEGORIES}))"
_of_covered = f"{_ours} AND ({CATEGORIES} IS NULL OR referral_id IN (SELECT r.id FROM placements_referral r))"
_known = (
    f"{_ours} AND ({CATEGORIES} IS NULL OR EXISTS"
    " (SELECT FROM placements_referral r WHERE r.person_id = placements_person.id))"
)
#: A provider writes an offer until it is decided, and an answer until the invitation is closed.
_undecided = f"{_mine} AND status IN ('draft', 'submitted', 'needs_reconfirming')"
_left = f"{_mine} AND status IN ('draft', 'submitted', 'needs_reconfirming', 'withdrawn')"
#: A placement that has its place.
_live = "IN ('planned', 'active')"
_answerable = f"{_mine} AND status IN ('open', 'offered', 'declined')"

TABLES = [
    Table(
        "placements_person",
        "tenant",
        (Allow(AUTHORITY, "SELECT, UPDATE, DELETE", _known), Allow(AUTHORITY, "INSERT", _ours)),
    ),
    tenant("placements_siblinggroup"),
    Table(
        "placements_referral",
        "tenant",
        (
            Allow(AUTHORITY, ALL, _covered),
            # What kind of home, how soon and when: for the trigger that adds up days to moving in.
            Allow(DEFINER, "SELECT", _ours, ("id", "authority_id", "category", "urgency", "published_at")),
        ),
    ),
    tenant("placements_referrallot"),
    Table("placements_referraldocument", "tenant", (Allow(AUTHORITY, ALL, _of_covered),)),
    tenant("placements_match"),
    Table("placements_award", "tenant", (Allow(AUTHORITY, ALL, _of_covered),)),
    # Decisions and their reasons are added, never edited.
    tenant("placements_approval", commands="SELECT, INSERT"),
    # Who lives where, across authorities: read by the function that tells of an alert alone.
    Table("placements_placement", "tenant", (Allow(AUTHORITY, ALL, _covered), Allow(DEFINER, "SELECT"))),
    two_party("placements_release", extra=(Allow(DEFINER, "SELECT"),)),
    two_party("placements_reading", authority="SELECT", provider="SELECT, INSERT"),
    two_party(
        "placements_invitation",
        provider="SELECT",
        extra=(Allow(PROVIDER, "UPDATE", _answerable, ("status", "answered_at")), Allow(DEFINER, "SELECT")),
    ),
    two_party("placements_invitedhousehold", authority="SELECT, INSERT, UPDATE, DELETE"),
    # A provider asks and the authority answers: an answer goes into every release.
    two_party(
        "placements_clarification",
        authority="SELECT",
        extra=(
            Allow(AUTHORITY, "UPDATE", _ours, ("published_question", "answer", "answered_by_name", "answered_at")),
            Allow(PROVIDER, "INSERT", f"{_mine} AND answered_at IS NULL"),
        ),
    ),
    two_party(
        "placements_decline",
        authority="SELECT",
        provider="SELECT, INSERT",
        extra=(Allow(PROVIDER, "UPDATE", _mine, ("withdrawn_at",)),),
    ),
    # An authority decides about an offer and never writes what was offered.
    two_party(
        "placements_offer",
        authority="SELECT",
        authority_rows=_visible_offer,
        provider="SELECT",
        extra=(
            Allow(
                AUTHORITY,
                "UPDATE",
                f"{_ours} AND {_visible_offer}",
                ("status", "outcome_reason", "withdrawn_at", "is_shortlisted"),
            ),
            Allow(PROVIDER, "INSERT", _left),
            Allow(PROVIDER, "UPDATE", _undecided, written=_left),
            Allow(PROVIDER, "DELETE", f"{_mine} AND status = 'draft'"),
            Allow(DEFINER, "SELECT", _ours),
            Allow(DEFINER, "UPDATE", _ours, ("status", "opens_at")),
        ),
    ),
]

#: An authority extends, amends or ends a referral without seeing drafts and sealed offers; this moves them for it and
#: answers nothing, not even whether there was one. It opens nothing sooner and takes no offer.
FUNCTIONS = [
    f"""
    CREATE OR REPLACE FUNCTION move_unseen_offers(
      p_referral uuid, p_from varchar[], p_to varchar, p_opens_at timestamptz
    ) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      UPDATE placements_offer
      SET status = coalesce(p_to, status),
        opens_at = CASE WHEN submitted_at IS NULL THEN opens_at ELSE greatest(p_opens_at, opens_at) END
      WHERE referral_id = p_referral AND authority_id = {ORGANISATION} AND status = ANY (p_from)
        AND (submitted_at IS NULL OR opens_at > now())
        AND (p_to IS NULL OR p_to IN ('needs_reconfirming', 'lapsed'))
    $$
    """,
    "REVOKE ALL ON FUNCTION move_unseen_offers(uuid, varchar[], varchar, timestamptz) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION move_unseen_offers(uuid, varchar[], varchar, timestamptz) TO brokerage_authority",
    # An authority's live placement takes a place of its home or household, if one is free, and gives it back when it is
    # live no more: nobody writes the counter, and what a placement took is not said by hand. Rows that are loaded
    # (no organisation acts) are counted in the register already.
    f"""
    CREATE OR REPLACE FUNCTION placement_takes_its_place() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
      took boolean := false; takes boolean := false;
    BEGIN
      IF TG_OP <> 'INSERT' THEN
        IF OLD.authority_id IS DISTINCT FROM {ORGANISATION} THEN RETURN coalesce(NEW, OLD); END IF;
        took := OLD.is_place_counted AND OLD.status {_live};
      ELSIF NEW.authority_id IS DISTINCT FROM {ORGANISATION} THEN
        RETURN NEW;
      END IF;
      IF TG_OP <> 'DELETE' THEN
        IF TG_OP = 'UPDATE' THEN NEW.is_place_counted := OLD.is_place_counted; END IF;
        takes := NEW.is_place_counted AND NEW.status {_live};
        IF took AND takes AND (NEW.household_id, NEW.establishment_id)
            IS NOT DISTINCT FROM (OLD.household_id, OLD.establishment_id) THEN
          RETURN NEW;
        END IF;
      END IF;
      IF took THEN
        UPDATE providers_occupancy c SET taken = c.taken - 1, updated_at = clock_timestamp()
          WHERE c.taken > 0 AND CASE WHEN OLD.household_id IS NULL THEN c.establishment_id = OLD.establishment_id
            ELSE c.household_id = OLD.household_id END;
      END IF;
      IF takes THEN
        UPDATE providers_occupancy c SET taken = c.taken + 1, updated_at = clock_timestamp()
          WHERE c.taken < c.places AND CASE WHEN NEW.household_id IS NULL
            THEN c.establishment_id = NEW.establishment_id ELSE c.household_id = NEW.household_id END;
        NEW.is_place_counted := FOUND;
      END IF;
      RETURN coalesce(NEW, OLD);
    END $$
    """,
    "REVOKE ALL ON FUNCTION placement_takes_its_place() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION placement_takes_its_place() TO {MIGRATOR}",
    # The ceiling beside a price is that of its own row in the vehicle: nobody writes one to fit the price.
    """
    CREATE OR REPLACE FUNCTION offer_ceiling_is_real() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
      IF NOT EXISTS (SELECT FROM dpv_ceiling c WHERE c.id = NEW.ceiling_row_id
          AND c.admission_id = NEW.admission_id AND c.weekly = NEW.ceiling) THEN
        RAISE EXCEPTION 'the ceiling of offer % is none of its admission', NEW.id USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    "REVOKE ALL ON FUNCTION offer_ceiling_is_real() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION offer_ceiling_is_real() TO {MIGRATOR}",
    *OPENED.statements(),
    *TIMELINE.statements(),
]

TRIGGERS = [
    "DROP TRIGGER IF EXISTS placements_placement_place ON placements_placement",
    """
    CREATE TRIGGER placements_placement_place
    BEFORE INSERT OR DELETE OR UPDATE OF status, is_place_counted, establishment_id, household_id
    ON placements_placement FOR EACH ROW EXECUTE FUNCTION placement_takes_its_place()
    """,
    "DROP TRIGGER IF EXISTS placements_offer_ceiling ON placements_offer",
    """
    CREATE TRIGGER placements_offer_ceiling
    BEFORE INSERT OR UPDATE OF ceiling, ceiling_row_id, admission_id, weekly_core ON placements_offer
    FOR EACH ROW EXECUTE FUNCTION offer_ceiling_is_real()
    """,
]
