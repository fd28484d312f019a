"""What base.html knows about the page: whose it is, where one can go, what alerts there are.

Everything is worked out when the template asks for it: error pages ask for nothing and touch no database.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from brokerage.core.money import pounds
from brokerage.core.pages import theme
from brokerage.core.pages.glances import read
from brokerage.core.vocabulary import Category


def _url(name: str, *args: Any) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


class Frame:
    """The frame of one page, for one request."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def actor(self) -> Any:
        return getattr(self.request, "actor", None)

    @property
    def slug(self) -> str:
        return str(getattr(self.actor, "slug", "") or "")

    @cached_property
    def service_name(self) -> str:
        return str(getattr(settings, "SERVICE_NAME", "")) or _("Placement brokerage")

    @cached_property
    def organisation_name(self) -> str:
        return str(getattr(self.actor, "organisation_name", "") or "")

    @cached_property
    def user_name(self) -> str:
        if self.actor is not None:
            return str(self.actor.name)
        user = getattr(self.request, "user", None)
        return str(user) if user is not None and user.is_authenticated else ""

    @cached_property
    def delegation(self) -> dict[str, str]:
        """Under a delegation: for whom, up to which price a week, and for which kinds of home (empty: all)."""
        if getattr(self.actor, "delegation_id", None) is None:
            return {}
        limit, categories = self.actor.weekly_limit, self.actor.categories
        return {
            "organisation": self.organisation_name,
            "limit": pounds(limit) if limit is not None else "",
            "categories": ", ".join(str(Category(name).label) for name in categories if name in Category.values),
        }

    @cached_property
    def theme_url(self) -> str:
        colour = str(getattr(self.actor, "colour", "") or "").lstrip("#")
        return _url("theme", colour.lower() if theme.is_colour(colour) else theme.DEFAULT)

    @cached_property
    def home_url(self) -> str:
        return (self.slug and _url("organisation_home", self.slug)) or "/"

    @cached_property
    def search_url(self) -> str:
        return _url("search", self.slug) if self.slug else ""

    @cached_property
    def messages_url(self) -> str:
        return _url("notifications:message_list", self.slug) if self.slug else ""

    @cached_property
    def _glances(self) -> tuple[int, list[dict[str, Any]]]:
        """The number of unread messages, and the alerts."""
        from brokerage.core.notifications.reading import unread

        unread_messages, *alerts = read([unread(self.actor), *import_string(settings.PAGE_ALERTS)(self.request)])
        return unread_messages, [alert for some in alerts for alert in some]

    @property
    def unread_messages(self) -> int:
        """How many messages on screen the person has not opened for this organisation; counted up to 100."""
        return self._glances[0]

    @cached_property
    def navigation(self) -> list[dict[str, Any]]:
        """The service navigation; nothing before an organisation is chosen."""
        if self.actor is None:
            return []
        items: list[dict[str, Any]] = import_string(getattr(settings, "PAGE_NAVIGATION", "brokerage.navigation.items"))(
            self.request
        )
        return items

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """Alerts that stand on top of every page until they are dealt with."""
        return [] if self.actor is None else self._glances[1]

    @property
    def here(self) -> str:
        """The page's own address, for the language switch to come back to."""
        return self.request.get_full_path()


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame` (see `Frame`) and `demo_mode`."""
    return {"frame": Frame(request), "demo_mode": bool(getattr(settings, "DEMO", False))}
