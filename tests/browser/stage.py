"""One Chromium page on which a mail is shown as one mail program or another would."""

from __future__ import annotations

from base64 import b64decode, b64encode
from enum import StrEnum

import numpy as np
from playwright.sync_api import Browser, Route

from tests.browser.chromium import PINNED_FONTS
from tests.browser.likeness import halved
from tests.browser.png import Pixels, pixels_of

# A logo, wherever a mail names one: nothing is fetched.
_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="60"><rect width="240" height="60"/></svg>'
)
_INVERTED = "html.inverted{filter:invert(1) hue-rotate(180deg)}"
# The root's class says whether; what letters are drawn with may still be on its way.
_SETTLE = """async (inverted) => {
  document.documentElement.classList.toggle("inverted", inverted);
  await document.fonts.ready;
}"""
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
        self._session = self.page.context.new_cdp_session(self.page)
        self._images = True
        self._shown = ""
        self._asked = False

    def show(self, html: str, *, width: int, look: Look = Look.LIGHT) -> None:
        """Show ``html`` in a window ``width`` pixels wide; what is shown already is not loaded anew."""
        images = look is not Look.IMAGES_OFF
        page = html.replace("</head>", f"<style>{PINNED_FONTS}{_INVERTED}</style></head>", 1)
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme="dark" if look is Look.DARK else "light")
        # A mail that asked for nothing is the same with images and without.
        if page != self._shown or (self._asked and images != self._images):
            self._shown, self._images, self._asked = page, images, False
            self.page.set_content(page)
        self.page.evaluate(_SETTLE, look is Look.INVERTED)

    def picture(self) -> Pixels:
        """Return the whole page as it is drawn, at half its size."""
        width, height = self.page.evaluate(
            "(at => [at.clientWidth, at.scrollHeight])(document.documentElement)"
        )
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        # Not page.screenshot(): optimized for size, a picture takes longer to write and much longer to read.
        taken = self._session.send(
            "Page.captureScreenshot",
            {"format": "png", "optimizeForSpeed": True, "captureBeyondViewport": True, "clip": clip},
        )
        return halved(pixels_of(b64decode(taken["data"])))

    def decoded(self, png: bytes) -> Pixels:
        """Return the pixels of a PNG of any kind: the browser can read them all."""
        height, width, data = self.page.evaluate(_DECODE, b64encode(png).decode())
        pixels = np.frombuffer(b64decode(data), np.uint8).reshape(height, width, 4)
        return pixels[:, :, :3]

    def close(self) -> None:
        """Close the page."""
        self.page.close()

    def _answer(self, route: Route) -> None:
        self._asked = True
        if self._images and route.request.resource_type == "image":
            route.fulfill(body=_PICTURE, content_type="image/svg+xml")
        else:
            route.abort()
