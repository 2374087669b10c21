"""The golden pictures: what every mail looks like.

``python -m tests.browser.screenshots --update`` takes them anew. They are half the size and in thirty-two
colours, so that all of them together stay small.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from tests.browser.chromium import chromium
from tests.browser.mails import SAMPLES, Sample, html_of
from tests.browser.png import small_png
from tests.browser.stage import Look, Stage

GOLDENS = Path(__file__).parent / "goldens"
WIDTHS = (375, 640)
UPDATE = "python -m tests.browser.screenshots --update"


@dataclass(frozen=True, slots=True)
class Shot:
    """One mail at one width in one look."""

    sample: Sample
    width: int
    look: Look

    @property
    def name(self) -> str:
        """A name for files and tests: ``issue-375-dark``."""
        return f"{self.sample.name}-{self.width}-{self.look}"

    @property
    def golden(self) -> Path:
        """The picture it has to look like; without pictures a mail that has none is as it is with them."""
        bare = self.look is Look.IMAGES_OFF and "<img" not in html_of(self.sample)
        look = Look.LIGHT if bare else self.look
        return GOLDENS / f"{self.sample.name}-{self.width}-{look}.png"


def shots() -> list[Shot]:
    """Return every mail in every width and look."""
    return [Shot(*one) for one in product(SAMPLES, WIDTHS, Look)]


def update() -> dict[Path, int]:
    """Take all pictures anew and remove those of mails that are gone; return the bytes of each."""
    taken: dict[Path, int] = {}
    GOLDENS.mkdir(exist_ok=True)
    with chromium() as browser:
        stage = Stage(browser)
        for shot in shots():
            if shot.golden in taken:
                continue
            stage.show(html_of(shot.sample), width=shot.width, look=shot.look)
            taken[shot.golden] = shot.golden.write_bytes(small_png(stage.picture()))
    for stale in set(GOLDENS.glob("*.png")) - set(taken):
        stale.unlink()
    return taken


def main() -> None:
    """Take the pictures anew if told so, else say how."""
    if sys.argv[1:] != ["--update"]:
        sys.exit(f"usage: {UPDATE}")
    taken = update()
    for path, size in taken.items():
        print(f"{path.name:44}{size:10,}")
    print(f"{len(taken)} pictures{sum(taken.values()):44,} bytes")


if __name__ == "__main__":
    main()
