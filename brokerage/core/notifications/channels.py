"""By which channels a person is told: the one rule, as a piece of SQL for every statement that writes messages; and
the statement that writes one message for each member and channel.

On screen and by e-mail always. By text only what is urgent, only who confirmed a mobile number, and only where text
messages are set up (`app.texts`, set by the context).
"""

from __future__ import annotations


def channels_of(person: str, *, is_urgent: str = "true") -> str:
    """Joins after the person's own row: `way.channel` is each channel. Both arguments are SQL of our own."""
    return f"""LEFT JOIN accounts_mobilenumber mobile ON mobile.user_id = {person} AND mobile.confirmed_at IS NOT NULL
        AND {is_urgent} AND current_setting('app.texts', true) = 'on'
      CROSS JOIN unnest(CASE WHEN mobile.user_id IS NULL THEN ARRAY['in_app', 'email']
        ELSE ARRAY['in_app', 'email', 'sms'] END) AS way (channel)"""


def tell_members(
    *,
    organisations: str,
    who: str,
    event: str,
    template: str,
    reference: str,
    page: str,
    narrowed: str = "true",
    is_urgent: str = "true",
    is_texted: str = "",
) -> str:
    """A statement that writes one message for each member `who` (a condition on `m`) and channel, once for each event.

    `organisations` are rows in which `o` is an organisation, `page` is where the link leads inside it. `is_texted`
    narrows which urgent ones are texted. All arguments are SQL of our own.
    """
    return f"""INSERT INTO notifications_message (id, event_id, organisation_id, user_id, channel, template, reference,
        path, created_at, available_at, attempts, last_error, is_urgent)
      SELECT gen_random_uuid(), {event}, o.id, m.user_id, way.channel, {template}, {reference},
        '/o/' || o.slug || {page}, clock_timestamp(), clock_timestamp(), 0, '', {is_urgent}
      FROM {organisations}
      JOIN tenants_membership m ON m.organisation_id = o.id AND m.is_active AND ({who})
      JOIN accounts_user u ON u.id = m.user_id AND u.is_active
      {channels_of("m.user_id", is_urgent=is_texted or is_urgent)}
      WHERE {narrowed}
      ON CONFLICT DO NOTHING"""
