"""A page as a browser reads it: its elements and its words, whatever the markup looks like."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Page:
    """The elements of a page with their attributes, in order, and all text between them."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""

    def fields(self) -> dict[str, str]:
        """Return what a form sends along by itself."""
        return {
            given["name"]: given.get("value", "")
            for tag, given in self.elements
            if tag == "input" and given.get("type") == "hidden"
        }

    def skeleton(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return the elements with the names of their attributes: what does not depend on anybody's words."""
        return [(tag, tuple(given)) for tag, given in self.elements]

    def links(self) -> list[str]:
        """Return every address in the page."""
        names = ("href", "src", "action", "formaction", "data", "poster", "background", "srcdoc")
        return [value for _, given in self.elements for name, value in given.items() if name in names]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.page.text += data


def read(html: str) -> Page:
    """Return a page that was read."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page
