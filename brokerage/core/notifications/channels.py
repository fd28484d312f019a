"""By which channels a person is told: the one rule, as a piece of SQL for every statement that writes messages.

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
