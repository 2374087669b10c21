"""Reading a comparison page that a browser saved, or that somebody wrote, as HTML.

The markup is turned into the lines that a browser would show; what they mean, the one reader of pages says.
"""

from __future__ import annotations

from digest.catalogue.pages.charset import html_text
from digest.catalogue.pages.lines import PAGE_LIMIT, page_of
from digest.catalogue.pages.markup import shown_lines
from digest.catalogue.pages.reader import read_comparison
from digest.catalogue.pages.values import ComparisonPage


def read_html_page(data: bytes, source: str, *, charset: str | None = None) -> ComparisonPage:
    """Return what a page saved as HTML says; ``source`` names it in messages.

    ``charset`` is what a header outside the file says of its encoding. Raises BadInput, with the line in the
    file, for anything but one whole comparison page.
    """
    html = html_text(data, source, limit=PAGE_LIMIT, charset=charset)
    return read_comparison(page_of(shown_lines(html, source), source))
