"""Every visible word of a template is marked for translation, and the Welsh that exists fits its English."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
# The files called *_words.html hold attributes of a tag that another file opens.
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if not path.stem.endswith("_words"))
CATALOGUE = ROOT / "brokerage" / "locale" / "cy" / "LC_MESSAGES" / "django"
SPOKEN = {"aria-label", "alt", "placeholder", "title"}
#: Words that are the same in every language: each language's own name, and what codes are called.
SAME_EVERYWHERE = {"English", "Cymraeg", "nbsp", "middot", "ndash", "mdash", "times", "ctdot", "pound", "rarr", "larr"}


class VisibleWords(HTMLParser):
    """Letters between tags and in spoken attributes, once template tags are taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = 0
        #: The tags that end what is hidden: scripts, and commands, which are the same in every language.
        self.closing: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style") or ("translate", "no") in attrs:
            self.hidden += 1
            self.closing.append(tag)
        for name, value in attrs:
            if name in SPOKEN and value:
                self.handle_data(value)

    def handle_endtag(self, tag: str) -> None:
        if self.closing and self.closing[-1] == tag:
            self.hidden -= 1
            self.closing.pop()

    def handle_data(self, data: str) -> None:
        words = [word for word in re.findall(r"[^\W\d_]{2,}", data) if word not in SAME_EVERYWHERE]
        if words and not self.hidden:
            self.found.append(" ".join(data.split()))


def untranslated(source: str) -> list[str]:
    """Visible text of a template that no translation tag covers."""
    # These blocks of the frame hold class names, not words.
    source = re.sub(r"{%\s*block (?:wide|main_class)\s*%}.*?{%\s*endblock", "{% endblock", source, flags=re.DOTALL)
    for block in ("comment", "blocktranslate", "blocktrans"):
        source = re.sub(r"{%\s*" + block + r"\b.*?{%\s*end" + block + r"\s*%}", "", source, flags=re.DOTALL)
    source = re.sub(r"{#.*?#}", "", source)
    source = re.sub(r"(</?){{.*?}}", r"\1x", source)
    source = re.sub(r"{%.*?%}|{{.*?}}", "", source, flags=re.DOTALL)
    words = VisibleWords()
    words.feed(source)
    words.close()
    return words.found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{% translate 'Hello' %}</p>", []),
        ("<p>{% blocktranslate trimmed %}Hello {{ x }}{% endblocktranslate %}: {{ y }}</p>", []),
        ("<p>{% if a > b %}Yes{% endif %}</p>", ["Yes"]),
        ('<a aria-label="Close" href="/close">×</a>', ["Close"]),
        ("<!-- Hello --><script>let x</script>{# Hello #}", []),
        ('<pre translate="no"><code>curl --data x</code></pre><p>Hello</p>', ["Hello"]),
        ('<p class="{% if a %}b{% endif %}">{{ text|default:"None" }}</p>', []),
    ],
)
def test_the_scanner_sees_what_people_see(source: str, found: list[str]) -> None:
    assert untranslated(source) == found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_visible_word_is_marked_for_translation(path: Path) -> None:
    assert untranslated(path.read_text(encoding="utf-8")) == []


def holes(text: str) -> list[str]:
    """What is filled in at run time: %(name)s, %s, {name}."""
    return sorted(re.findall(r"%\(\w+\)[sd]|%[sd](?!\w)|{\w*}", text))


def tags(text: str) -> list[str]:
    return re.findall(r"</?[a-z][^>]*>", text)


def test_translations_fill_the_same_holes() -> None:
    wrong = []
    for entry in polib.pofile(str(CATALOGUE.with_suffix(".po"))).translated_entries():
        sources = [entry.msgid, entry.msgid_plural or entry.msgid]
        for text in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            if holes(text) not in [holes(source) for source in sources] or tags(text) != tags(entry.msgid):
                wrong.append((entry.msgid, text))
            if entry.msgid[:1].isspace() != text[:1].isspace() or entry.msgid[-1:].isspace() != text[-1:].isspace():
                wrong.append((entry.msgid, text))
    assert wrong == []


def test_no_translation_is_a_guess() -> None:
    catalogue = polib.pofile(str(CATALOGUE.with_suffix(".po")))
    assert not catalogue.fuzzy_entries()
    assert not catalogue.metadata_is_fuzzy
    assert len(catalogue.translated_entries()) > 200


def test_the_compiled_catalogue_is_up_to_date() -> None:
    written = polib.pofile(str(CATALOGUE.with_suffix(".po")))
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))

    def texts(entries: list[polib.POEntry] | list[polib.MOEntry]) -> dict[tuple[str | None, str], object]:
        return {(e.msgctxt or None, e.msgid): dict(e.msgstr_plural) or e.msgstr for e in entries}

    assert texts(list(compiled)) == texts(written.translated_entries())


@pytest.mark.parametrize(
    "msgid", ["Sign in", "Skip to main content", "There is a problem", "Cookies", "Page not found", "Referrals"]
)
def test_the_frame_speaks_welsh(msgid: str) -> None:
    entry = polib.pofile(str(CATALOGUE.with_suffix(".po"))).find(msgid)
    assert entry is not None
    assert entry.msgstr
    assert entry.msgstr != msgid
