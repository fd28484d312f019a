"""Template tags for the components in templates/components, and filters for money, dates and time left.

Each tag is its template and nothing more: `{% button _("Save") %}` is components/button.html. No rules here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from brokerage.core.forms import revealed_names
from brokerage.core.money import pounds as money_in_words
from brokerage.core.pages.figures import Figure, Table

register = template.Library()

# One word of state, one colour, everywhere. Text always says the state; colour only helps.
COLOURS = {
    "green": (
        "accepted active admitted approved available awarded complete completed confirmed live passed published sealed"
        " signed valid"
    ),
    "blue": "drawn_up in_progress invited offered open planned running shortlisted submitted sent",
    "teal": "not_started new",
    "yellow": (
        "awaiting awaiting_approval awaiting_signature due expiring held needs_reconfirming pending review warning"
    ),
    "orange": "at_limit lapsing notice urgent",
    "red": (
        "alert barred cancelled error excluded expired failed lapsed overdue refused rejected suspended terminated"
    ),
    "grey": (
        "archived closed declined draft ended fallen_through inactive lost superseded taken_back unsuccessful withdrawn"
    ),
    "purple": "clarification extended question varied",
}
COLOUR_OF = {word: colour for colour, words in COLOURS.items() for word in words.split()}


def _component(component: str, /, **context: Any) -> SafeString:
    return render_to_string(f"components/{component}.html", context)


# --- Filters ----------------------------------------------------------------------------------------------


@register.filter
def pounds(amount: Decimal | None) -> str:
    """ "£1,234.50"; nothing for None."""
    return "" if amount is None or amount == "" else money_in_words(Decimal(amount))


@register.filter
def day(value: date | datetime | None) -> str:
    """ "1 April 2026"."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return date_format(value, "j F Y")


def clock(value: datetime) -> str:
    """ "3:04pm", "midday", "midnight" in the server's time zone."""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    if local.minute == 0 and local.hour in (0, 12):
        return _("midday") if local.hour else _("midnight")
    minutes = f":{local:%M}" if local.minute else ""
    half = pgettext("time of day", "am") if local.hour < 12 else pgettext("time of day", "pm")
    return f"{local.hour % 12 or 12}{minutes}{half}"


@register.filter
def moment(value: datetime | None) -> str:
    """ "1 April 2026 at 3:04pm"."""
    if value is None or value == "":
        return ""
    return _("%(day)s at %(time)s") % {"day": day(value), "time": clock(value)}


@register.filter
def time_left(value: datetime | None, now: datetime | None = None) -> str:
    """ "2 days left", "3 hours left", "5 minutes left" or "Closed"; rounded down, so nobody is late by it."""
    if value is None or value == "":
        return ""
    seconds = int((value - (now or timezone.now())).total_seconds())
    if seconds <= 0:
        return _("Closed")
    if seconds >= 2 * 86400:
        days = seconds // 86400
        return ngettext("%(count)d day left", "%(count)d days left", days) % {"count": days}
    if seconds >= 2 * 3600:
        hours = seconds // 3600
        return ngettext("%(count)d hour left", "%(count)d hours left", hours) % {"count": hours}
    minutes = seconds // 60
    return ngettext("%(count)d minute left", "%(count)d minutes left", minutes) % {"count": minutes}


@register.filter(is_safe=True)
def lines(value: Any) -> Any:
    """Text with its line ends kept; markup that is already safe is left as it is."""
    return value if isinstance(value, SafeString) else linebreaksbr(value)


@register.filter
def unrevealed(fields: Sequence[Any], form: BaseForm) -> list[Any]:
    """The fields of a form that no other field draws under one of its options."""
    hidden = revealed_names(form)
    return [(field, errors) for field, errors in fields if field.name not in hidden]


# --- Forms ------------------------------------------------------------------------------------------------


@register.simple_tag
def field(bound: Any, size: str = "", heading: bool = False, hint: str = "") -> SafeString:
    """One form field with a label of `size` (s, m, l, xl), as the page's heading if asked."""
    drawn: SafeString = bound.as_group(size=size, heading=heading, hint=hint)
    return drawn


@register.simple_tag
def counted_words(name: str, words: str) -> SafeString:
    """The `data-i18n` attributes of a count for every plural of a language, as GOV.UK's scripts read them."""
    plurals = ("zero", "one", "two", "few", "many", "other")
    return format_html_join("", ' data-i18n.{}.{}="{} %{{count}}"', ((name, plural, words) for plural in plurals))


def form_errors(forms: Sequence[BaseForm]) -> list[dict[str, str]]:
    """Every error of the forms in the order of their fields: its text, and the id its link must focus."""
    errors: list[dict[str, str]] = []
    for form in forms:
        if not form.is_bound or not form.errors:
            continue
        errors += [{"text": str(text), "target": ""} for text in form.non_field_errors()]
        for name in form.fields:
            bound = form[name]
            target = getattr(bound, "error_target", bound.id_for_label)
            texts = getattr(bound, "error_texts", bound.errors)
            errors += [{"text": str(text), "target": target} for text in texts]
    return errors


@register.simple_tag
def error_list(form: Any = None, forms: Any = None) -> list[dict[str, str]]:
    """Errors for the summary: of one form, of several, or of a formset."""
    if not forms:
        forms = [form] if form else []
    found: list[dict[str, str]] = []
    for item in forms:
        if hasattr(item, "management_form"):
            found += [{"text": str(text), "target": ""} for text in item.non_form_errors()]
            found += form_errors(item.forms)
        elif isinstance(item, BaseForm):
            found += form_errors([item])
    return found


# --- Components -------------------------------------------------------------------------------------------


@register.simple_tag
def button(
    text: str,
    variant: str = "",
    href: str = "",
    name: str = "",
    value: str = "",
    id: str = "",
    formaction: str = "",
    describes: str = "",
) -> SafeString:
    """A submit button (a second click at once does nothing) or, with `href`, a link that looks like one.

    `describes` is visually hidden text after the label ("Accept" + "offer from Oak House").
    """
    return _component("button", **locals())


@register.simple_tag
def back_link(href: str, text: str = "") -> SafeString:
    return _component("back_link", href=href, text=text)


@register.simple_tag
def breadcrumbs(items: Sequence[dict[str, Any]]) -> SafeString:
    return _component("breadcrumbs", items=items)


@register.simple_tag
def status_tag(state: str, label: str = "", colour: str = "") -> SafeString:
    """A state in words with its colour; `label` is the state as people read it."""
    word = str(state)
    text = str(label) or word.replace("_", " ").capitalize()
    chosen = colour or COLOUR_OF.get(word.lower().replace(" ", "_").replace("-", "_"), "grey")
    return format_html('<strong class="govuk-tag govuk-tag--{}">{}</strong>', chosen, text)


@register.simple_tag
def task_list(tasks: Sequence[dict[str, Any]], prefix: str = "task") -> SafeString:
    return _component("task_list", tasks=tasks, prefix=prefix)


@register.simple_tag
def summary_list(rows: Sequence[dict[str, Any]], title: str = "", border: bool = True) -> SafeString:
    return _component("summary_list", rows=rows, title=title, border=border)


@register.simple_tag
def data_table(table: Table) -> SafeString:
    return _component("table", table=table)


@register.simple_tag(takes_context=True)
def pagination(
    context: template.Context, page: Page | None = None, previous_url: str = "", next_url: str = ""
) -> SafeString:
    """Page links that keep the query string (`page`), or previous and next of a keyset list."""
    request: HttpRequest | None = context.get("request")

    def link(number: int) -> str:
        query = request.GET.copy() if request else None
        if query is None:
            return f"?page={number}"
        query["page"] = str(number)
        return f"?{query.urlencode()}"

    numbers: list[dict[str, Any]] = []
    if isinstance(page, Page):
        if page.paginator.num_pages < 2:
            return SafeString("")
        previous_url = link(page.previous_page_number()) if page.has_previous() else ""
        next_url = link(page.next_page_number()) if page.has_next() else ""
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1):
            shown = number if isinstance(number, int) else None
            url = link(shown) if shown else ""
            numbers.append({"number": shown, "url": url, "current": number == page.number})
    if not (previous_url or next_url):
        return SafeString("")
    return _component("pagination", numbers=numbers, previous_url=previous_url, next_url=next_url)


@register.simple_tag
def sub_navigation(items: Sequence[dict[str, Any]], label: str = "") -> SafeString:
    return _component("sub_navigation", items=items, label=label or _("Sections"))


@register.simple_tag
def warning(text: str) -> SafeString:
    return _component("warning_text", text=text)


@register.simple_tag
def panel(title: str, text: str = "") -> SafeString:
    return _component("panel", title=title, text=text)


@register.simple_tag
def notification(text: str, kind: str = "", title: str = "", heading_id: str = "") -> SafeString:
    """A notification banner; `kind` is "success", "warning", "error" or nothing."""
    return _component("notification_banner", text=text, kind=kind, title=title, heading_id=heading_id)


@register.simple_tag
def empty_state(title: str, text: str = "", action: str = "", url: str = "") -> SafeString:
    """Nothing here yet: say so, and what to do next."""
    return _component("empty_state", title=title, text=text, action=action, url=url)


@register.simple_tag
def timeline(events: Sequence[dict[str, Any]], level: int = 2) -> SafeString:
    return _component("timeline", events=events, heading=f"h{level}")


@register.simple_tag
def stat_tiles(tiles: Sequence[dict[str, Any]]) -> SafeString:
    return _component("stat_tiles", tiles=tiles)


@register.simple_tag(takes_context=True)
def filter_form(context: template.Context, form: BaseForm, title: str = "", clear_url: str = "") -> SafeString:
    """A panel of filters sent by GET; Clear goes to the page without its query."""
    request: HttpRequest | None = context.get("request")
    path = request.path if request else ""
    is_filtered = bool(request and any(request.GET.get(name) for name in form.fields))
    return _component(
        "filter_form",
        form=form,
        title=title or _("Filter"),
        clear_url=clear_url or path,
        action=path,
        is_filtered=is_filtered,
    )


@register.simple_tag
def figure(figure: Figure, csv_url: str = "") -> SafeString:
    """A chart or map with its title, its data table, its sources and a CSV link."""
    return _component("figure", figure=figure, csv_url=csv_url)


@register.simple_tag
def last_checked(at: datetime | None = None, url: str = "") -> SafeString:
    """When a live list was last read, and a link to read it again without JavaScript."""
    return _component("last_checked", time=clock(at or timezone.now()), url=url)


@register.simple_block_tag(end_name="end_inset")
def inset(content: str) -> SafeString:
    """Text set apart by a bar at its left."""
    return format_html('<div class="govuk-inset-text">{}</div>', content)


@register.simple_block_tag(end_name="end_details")
def details(content: str, summary: str, open: bool = False) -> SafeString:
    return _component("details", content=content, summary=summary, open=open)


@register.simple_block_tag(end_name="end_scroll_region")
def scroll_region(content: str, label: str) -> SafeString:
    """A box that scrolls sideways on a narrow screen and that the keyboard can reach."""
    return format_html('<div class="app-scroll" role="region" tabindex="0" aria-label="{}">{}</div>', label, content)
