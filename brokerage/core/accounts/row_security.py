"""Row security of sign-in: read by the login role before it knows for whom, by nobody else beyond names."""

from brokerage.core.tenants.rowsecurity import ACTORS, DEFINER, ORGANISATION, WORKER, Allow, identity

_colleagues = f"id = ANY (ARRAY(SELECT m.user_id FROM tenants_membership m WHERE m.organisation_id = {ORGANISATION}))"

TABLES = [
    identity(
        "accounts_user",
        (
            *(Allow(role, "SELECT", _colleagues) for role in ACTORS),
            Allow(WORKER, "SELECT"),
            Allow(DEFINER, "SELECT"),
        ),
    ),
    *(
        identity(name)
        for name in (
            "account_emailaddress",
            "account_emailconfirmation",
            "mfa_authenticator",
            "socialaccount_socialaccount",
            "socialaccount_socialapp",
            "socialaccount_socialtoken",
            "usersessions_usersession",
            "allauth_idp_oidc_client",
            "allauth_idp_oidc_token",
            "django_session",
            "django_content_type",
            "auth_permission",
            "auth_group",
            "auth_group_permissions",
        )
    ),
]
