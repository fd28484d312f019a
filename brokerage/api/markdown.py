"""The little Markdown that the API's document uses, as GOV.UK markup: headings, paragraphs, lists, code, bold, links.

Everything else is shown as it is written; nothing in the text can become other markup than this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*|\*(?P<term>[^*\s][^*]*)\*|\[(?P<text>[^\]]+)\]\((?P<url>https?://[^)\s]+)\)"
)


@dataclass(frozen=True)
class Section:
    """A part of a text under its heading; the first has none."""

    title: str
    anchor: str
    body: SafeString


def sections_of(text: str) -> list[Section]:
    """The text cut at its `##` headings."""
    parts = re.split(r"^## +(.+)$", text, flags=re.MULTILINE)
    found = [Section("", "", html_of(parts[0]))]
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        found.append(Section(title.strip(), slugify(title), html_of(body)))
    return found


def html_of(text: str) -> SafeString:
    """The text's blocks as markup."""
    blocks: list[SafeString] = []
    parts = re.split(r"^```\w*\n(.*?)^```\s*$", text.strip() + "\n", flags=re.MULTILINE | re.DOTALL)
    for position, part in enumerate(parts):
        if position % 2:
            blocks.append(format_html('<pre class="app-code"><code>{}</code></pre>', part.rstrip()))
        else:
            blocks += [_block(block) for block in re.split(r"\n\s*\n", part.strip()) if block.strip()]
    return format_html_join("\n", "{}", ((block,) for block in blocks))


def _block(block: str) -> SafeString:
    lines = block.strip().splitlines()
    if all(re.match(r"- |\s+\S", line) for line in lines) and lines[0].startswith("- "):
        items = re.split(r"^- ", block.strip(), flags=re.MULTILINE)[1:]
        return format_html(
            '<ul class="govuk-list govuk-list--bullet">{}</ul>',
            format_html_join("", "<li>{}</li>", ((inline(" ".join(item.split())),) for item in items)),
        )
    return format_html('<p class="govuk-body">{}</p>', inline(" ".join(block.split())))


def inline(text: str) -> SafeString:
    """One line's code, bold, terms and links; everything else escaped."""
    found, last = "", 0
    for match in _INLINE.finditer(text):
        found += escape(text[last : match.start()]) + _marked(match)
        last = match.end()
    return mark_safe(found + escape(text[last:]))  # every part is escaped or made by format_html


def _marked(match: re.Match[str]) -> SafeString:
    if match["code"]:
        return format_html("<code>{}</code>", match["code"])
    if match["bold"]:
        return format_html("<strong>{}</strong>", inline(match["bold"]))
    if match["term"]:
        return format_html("<em>{}</em>", match["term"])
    return format_html('<a class="govuk-link" href="{}">{}</a>', match["url"], match["text"])
