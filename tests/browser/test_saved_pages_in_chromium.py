"""Pages as Chromium saves them, read back: the markup after its scripts ran, and a web archive."""

from __future__ import annotations

import pytest

from digest.catalogue.pages.html import read_html_page
from digest.catalogue.pages.mhtml import read_mhtml_page
from digest.catalogue.pages.reader import read_page
from tests.browser.conftest import ShowPage
from tests.pagehtml import MARKUPS, html_page, saved
from tests.pagetext import compact_page, labelled_page, lantern, loupe

pytestmark = pytest.mark.browser

STYLES = "<style>.grid, .row { display: grid; grid-template-columns: 1fr 1fr } h3 { display: flex }</style>"
SCRIPT = "<script>document.body.append(document.createElement('dialog'))</script>"


@pytest.mark.parametrize("labelled", [True, False], ids=["labelled", "compact"])
@pytest.mark.parametrize("markup", MARKUPS)
def test_a_page_that_chromium_saved_is_read(show: ShowPage, markup: str, labelled: bool) -> None:
    html = saved(html_page(lantern(), loupe(), MARKUPS[markup], labelled=labelled))
    page = show(html.replace("</head>", f"{STYLES}</head>").replace("</body>", f"{SCRIPT}</body>"))
    snapshot = page.context.new_cdp_session(page).send("Page.captureSnapshot", {"format": "mhtml"})
    text = labelled_page(lantern(), loupe()) if labelled else compact_page(lantern(), loupe())
    expected = read_page(text.encode(), "page")
    assert read_html_page(page.content().encode(), "page") == expected
    assert read_mhtml_page(snapshot["data"].encode(), "page") == expected
