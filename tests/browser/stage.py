"""One Chromium page on which a mail is shown as one mail program or another would."""

from __future__ import annotations

from base64 import b64decode, b64encode
from enum import StrEnum

import numpy as np
from playwright.sync_api import Browser, Route

from tests.browser.chromium import PINNED_FONTS
from tests.browser.likeness import halved
from tests.browser.png import Pixels

# A logo, wherever a mail names one: nothing is fetched.
_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="60"><rect width="240" height="60"/></svg>'
)
_INVERTED = "html{filter:invert(1) hue-rotate(180deg)}"
_DECODE = """async (png) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const address = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(new Blob([data]));
  });
  return [image.height, image.width, address.slice(address.indexOf(",") + 1)];
}"""


class Look(StrEnum):
    """How a mail program shows a mail; ``INVERTED`` is the dark that some force on every mail."""

    LIGHT = "light"
    DARK = "dark"
    INVERTED = "inverted"
    IMAGES_OFF = "images-off"


class Stage:
    """A page that shows one mail after the other; pictures are served from here, all else is refused."""

    def __init__(self, browser: Browser) -> None:
        self.page = browser.new_page(viewport={"width": 640, "height": 900})
        self.page.route("**/*", self._answer)
        self._images = True

    def show(self, html: str, *, width: int, look: Look = Look.LIGHT) -> None:
        """Show ``html`` in a window ``width`` pixels wide."""
        self._images = look is not Look.IMAGES_OFF
        sheet = PINNED_FONTS + (_INVERTED if look is Look.INVERTED else "")
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme="dark" if look is Look.DARK else "light")
        self.page.set_content(html.replace("</head>", f"<style>{sheet}</style></head>", 1))
        self.page.evaluate("document.fonts.ready.then(() => null)")

    def picture(self) -> Pixels:
        """Return the whole page as it is drawn, at half its size."""
        return halved(self.decoded(self.page.screenshot(full_page=True)))

    def decoded(self, png: bytes) -> Pixels:
        """Return the pixels of a PNG of any kind: the browser can read them all."""
        height, width, data = self.page.evaluate(_DECODE, b64encode(png).decode())
        pixels = np.frombuffer(b64decode(data), np.uint8).reshape(height, width, 4)
        return pixels[:, :, :3]

    def close(self) -> None:
        """Close the page."""
        self.page.close()

    def _answer(self, route: Route) -> None:
        if self._images and route.request.resource_type == "image":
            route.fulfill(body=_PICTURE, content_type="image/svg+xml")
        else:
            route.abort()
