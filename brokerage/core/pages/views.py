"""Pages that are the same for everybody (accessibility, privacy, cookies), and a stylesheet per colour."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from brokerage.core.pages import theme


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
    """The cookies that are set: strictly necessary ones only."""
    return render(request, "pages/cookies.html")
