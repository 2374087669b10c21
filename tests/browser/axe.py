"""axe-core, which knows WCAG's rules: what it finds wrong with a page as it stands."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.processes import require

AXE = Path(__file__).parents[2] / ".mailreaders" / "node_modules" / "axe-core" / "axe.min.js"
# All rules; but to tell of what is right, node for node, would take most of the time.
_RUN = """async () => (await axe.run({ resultTypes: ["violations"] })).violations.map(
  ({ id, nodes }) => ({ id, targets: nodes.map((node) => node.target) })
)"""


def violations(page: Page) -> list[str]:
    """Return what axe finds, as ``rule: where``; a test asserts that it is ``[]``.

    The page needs scripts to be on. Ours allow none of their own, so axe comes in by the debugger's door.
    """
    require(AXE, "npm, then npm install --prefix .mailreaders axe-core@4.14.1")
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(_RUN)
    return [f"{rule['id']}: {', '.join(map(str, rule['targets']))}" for rule in found]


@cache
def _source() -> str:
    return AXE.read_text("utf-8")
