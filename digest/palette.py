"""The colours of mail and their limits: the house's own, and an operator's over them, checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from digest.contrast import LEAST, contrast


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one mode, as #rrggbb: ``on_…`` is text on that fill, the others stand on surface."""

    canvas: str
    surface: str
    tint: str
    ink: str
    text: str
    muted: str
    line: str
    control: str
    track: str
    ship: str
    on_ship: str
    skip: str
    on_ink: str

    def over(self, own: Mapping[str, str]) -> Palette:
        """Return this palette with ``own`` colours, by name, in the place of its."""
        return replace(self, **own)

    def too_close(self) -> str | None:
        """Return the first pair of text and ground that cannot be read, with its ratio; None if all can."""
        colours = asdict(self)
        for text, ground in _PAIRS:
            ratio = contrast(colours[text], colours[ground])
            if ratio < LEAST:
                return f"{text} on {ground} has a contrast of {ratio:.1f}:1; text needs {LEAST}:1"
        return None


# Every text of the design and the ground it stands on.
_PAIRS = (
    ("ink", "surface"),
    ("ink", "tint"),
    ("text", "surface"),
    ("text", "tint"),
    ("muted", "surface"),
    ("muted", "tint"),
    ("skip", "surface"),
    ("on_ship", "ship"),
    ("on_ink", "ink"),
)

LIGHT = Palette(
    canvas="#E9ECEE",
    surface="#FFFFFF",
    tint="#F2F4F5",
    ink="#14181C",
    text="#2B3238",
    muted="#5A636B",
    line="#D5DADE",
    control="#7B858D",
    track="#E1E5E8",
    ship="#00664D",
    on_ship="#FFFFFF",
    skip="#B23309",
    on_ink="#FFFFFF",
)
DARK = Palette(
    canvas="#0C0F11",
    surface="#15191C",
    tint="#22282D",
    ink="#F1F3F4",
    text="#D3D8DC",
    muted="#9DA7AF",
    line="#31383D",
    control="#77828B",
    track="#333A40",
    ship="#3FBF98",
    on_ship="#05211A",
    skip="#FF9268",
    on_ink="#14181C",
)
