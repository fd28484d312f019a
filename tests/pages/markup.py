"""Reading HTML in tests: ids, attributes, and the outline of GOV.UK classes that our markup must share with theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"input", "br", "img", "hr", "meta", "link", "path", "circle", "rect", "wbr"}


@dataclass
class Element:
    """One opening tag."""

    tag: str
    attributes: dict[str, str]

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()


@dataclass
class Markup(HTMLParser):
    """Every element of a piece of HTML in order, and the tags left open at its end."""

    html: str
    elements: list[Element] = field(default_factory=list)
    open_tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open_tags and self.open_tags[-1] == tag, f"</{tag}> closes {self.open_tags[-3:]}"
        self.open_tags.pop()

    @property
    def ids(self) -> list[str]:
        return [element.attributes["id"] for element in self.elements if "id" in element.attributes]

    def by_id(self, name: str) -> Element:
        return next(element for element in self.elements if element.attributes.get("id") == name)

    @property
    def outline(self) -> list[str]:
        """`tag.class.class` of every element with a GOV.UK class, those about spacing and width left out."""
        lines = []
        for element in self.elements:
            names = sorted(
                name
                for name in element.classes
                if name.startswith("govuk-") and "govuk-!" not in name and "--width-" not in name
            )
            if names:
                lines.append(".".join([element.tag, *names]))
        return lines
