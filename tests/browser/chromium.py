"""The one way Chromium is started, so that every machine draws the same picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
# Hinting, subpixel colours and a screen's profile differ between machines; without them letters are grey.
_ARGUMENTS = (
    "--no-sandbox",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
)
_FACES = {
    "Liberation Sans": ("-apple-system", "Segoe UI", "Helvetica", "Arial"),
    "Liberation Serif": ("Georgia", "Times New Roman"),
}
_STYLES = (
    ("", "normal", 400),
    (" Bold", "normal", 700),
    (" Italic", "italic", 400),
    (" Bold Italic", "italic", 700),
)
# The families our mails and pages name, all drawn with the two that .ci/run installs.
PINNED_FONTS = "".join(
    f"@font-face{{font-family:'{name}';font-style:{slant};font-weight:{weight};src:local('{face}{style}')}}"
    for face, names in _FACES.items()
    for name in names
    for style, slant, weight in _STYLES
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a headless Chromium while the block runs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        yield browser
        browser.close()
