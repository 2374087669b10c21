"""What a reader would stumble over in a page as Chromium draws it; measuring.js does the work there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8").strip()


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(_measure(page, "overflow()"))


def worst_contrast(page: Page, *, inverted: bool = False) -> tuple[float, str]:
    """Return the lowest contrast of visible text with what lies behind it (WCAG 2.2, 1.4.3), and that text.

    With ``inverted`` all colours are taken as a program that inverts a page would show them.
    """
    ratio, text = _measure(page, f"worstContrast({'true' if inverted else 'false'})")
    return ratio, text


def smallest_text(page: Page) -> tuple[float, str]:
    """Return the smallest size (px) of visible text, and that text."""
    size, text = _measure(page, "smallestText()")
    return size, text


def clipped(page: Page) -> list[str]:
    """Return the texts that are wider than their box, but those that end in "…" there."""
    texts: list[str] = _measure(page, "clipped()")
    return texts


def small_targets(page: Page) -> list[str]:
    """Return the texts of links and controls that a finger would miss (WCAG 2.2, 2.5.8)."""
    texts: list[str] = _measure(page, "smallTargets()")
    return texts


def _measure(page: Page, call: str) -> Any:
    return page.evaluate(f"{_SCRIPT}.{call}")
