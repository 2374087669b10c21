"""axe-core, which knows WCAG's rules: what it finds wrong with a page as it stands."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.processes import require

AXE = Path(__file__).parents[2] / ".mailreaders" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """Return what axe finds, as ``rule: where``; a test asserts that it is ``[]``.

    The page needs scripts to be on. Ours allow none of their own, so axe comes in by the debugger's door.
    """
    require(AXE, "npm, then npm install --prefix .mailreaders axe-core@4.14.1")
    page.evaluate(_source())
    found: dict[str, Any] = page.evaluate("axe.run()")
    return [
        f"{rule['id']}: {', '.join(str(node['target']) for node in rule['nodes'])}"
        for rule in found["violations"]
    ]


@cache
def _source() -> str:
    return AXE.read_text("utf-8")
