"""Pages that are the same for everybody (accessibility, privacy, cookies), and a stylesheet per colour."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from brokerage.core.pages import theme
from brokerage.core.pages.figures import Table


@require_safe
def theme_css(request: HttpRequest, colour: str) -> HttpResponse:
    """The stylesheet of one colour. The address holds the whole input, so it may be kept for a year."""
    if not theme.is_colour(colour):
        raise Http404
    response = HttpResponse(theme.stylesheet(colour), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement (Public Sector Bodies Accessibility Regulations 2018)."""
    return render(request, "pages/accessibility.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about whom, why and for how long."""
    return render(request, "pages/privacy.html")


@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    """The cookies that are set: strictly necessary ones only, with their names and lives from the settings."""
    rows = [
        [
            settings.SESSION_COOKIE_NAME,
            _("Keeps you signed in"),
            _hours(settings.SESSION_COOKIE_AGE),
        ],
        [
            settings.CSRF_COOKIE_NAME,
            _("Proves that a form was sent from this service and not from another website"),
            _("1 year"),
        ],
        [
            settings.LANGUAGE_COOKIE_NAME,
            _("Remembers English or Welsh; set only when you choose one"),
            _("Until you close your browser"),
        ],
    ]
    table = Table(
        caption=_("Cookies that are set"),
        head=[_("Name"), _("What it is for"), _("How long it lasts")],
        rows=rows,
        stacked=True,
    )
    return render(request, "pages/cookies.html", {"table": table})


def _hours(seconds: int) -> str:
    if settings.SESSION_EXPIRE_AT_BROWSER_CLOSE:
        return _("Until you close your browser")
    hours = seconds // 3600
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
