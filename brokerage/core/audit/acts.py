"""The names of the ground's own acts: people, organisations, regions, signing in, searching."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "invitation.sent": _("Person invited"),
        "invitation.withdrawn": _("Invitation of a person withdrawn"),
        "membership.changed": _("Roles or limit changed"),
        "membership.ended": _("Membership ended"),
        "delegation.given": _("Delegation given"),
        "delegation.ended": _("Delegation ended"),
        "organisation.changed": _("Organisation’s details changed"),
        "organisation.machine_signing_changed": _("Signing by API clients turned on or off"),
        "region.created": _("Region set up"),
        "region.joined": _("Joined a region"),
        "region.member_added": _("Member added to the region"),
        "region.acts_changed": _("What a member of the region may do was changed"),
        "person.renamed": _("Own name changed"),
        "person.mobile_confirmed": _("Own mobile number confirmed"),
        "person.mobile_removed": _("Own mobile number removed"),
        "person.searched": _("Person searched for"),
        "account.closed": _("Account closed"),
        "identity_provider.set": _("Organisation’s own sign-in set up"),
        "identity_provider.removed": _("Organisation’s own sign-in removed"),
    }
)
