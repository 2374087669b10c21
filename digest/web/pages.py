"""Pages: templates in, strict HTML responses out. Knows only the kernel; every room's routes use it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from fastapi.responses import HTMLResponse

from digest.errors import TemplateError
from digest.frames import ENGLISH, frame, said
from digest.schedule import WEEKDAY_NAMES, WEEKDAYS
from digest.settings import Settings
from digest.templating import template_environment


@dataclass(frozen=True, slots=True)
class Site:
    """What every page may say about the house; templates know it as ``site``.

    ``root`` is the path of the base URL ("" or "/digest"): each link on a page begins with it. ``weekday``
    is the day an issue goes out, in full.
    """

    name: str
    sender: str
    address: str
    weekday: str
    base_url: str

    @classmethod
    def of(cls, settings: Settings) -> Site:
        brand = settings.brand
        return cls(
            name=brand.name,
            sender=brand.sender,
            address=brand.address,
            weekday=WEEKDAY_NAMES[WEEKDAYS.index(settings.schedule.weekday)],
            base_url=settings.web.base_url,
        )

    @property
    def root(self) -> str:
        return urlsplit(self.base_url).path


class Pages:
    """The pages of one site, from ``templates/web`` and the operator's own folder over it."""

    def __init__(self, site: Site, own_templates: Path | None = None) -> None:
        self.site = site
        # An environment is shared by all who ask for it; this site's own words must not be.
        self._environment = template_environment("web", own_templates).overlay()
        self._environment.filters = self._environment.filters | {"sentence": sentence}
        self.stylesheet = self._source("site.css")
        self.stylesheet_version = sha256(self.stylesheet.encode()).hexdigest()[:12]
        # Globals, not values: an imported macro sees them too.
        self._environment.globals = self._environment.globals | {
            "site": site,
            "stylesheet": f"{site.root}/static/site.css?v={self.stylesheet_version}",
        }

    @classmethod
    def of(cls, settings: Settings) -> Pages:
        """Return the pages of an installation."""
        return cls(Site.of(settings), settings.templates.path)

    def share(self, **values: object) -> None:
        """Let every template and macro know these values, beside ``site``."""
        self._environment.globals = self._environment.globals | values

    def html(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """Return the page that a template makes of ``values``; all of them are escaped.

        A page is kept out of search engines unless ``canonical`` names its one public path. It speaks
        ``language``, English if there is none (``digest.frames``). Raises TemplateError naming the file and
        line.
        """
        return HTMLResponse(self._render(template, {"canonical": None, "language": ENGLISH} | values), status)

    def source(self, template: str, **values: object) -> str:
        """Return the text that a template makes of ``values``, for what is no page. Raises TemplateError."""
        return self._render(template, values)

    def problem(self, status: int, heading: str, message: str, language: str = ENGLISH) -> HTMLResponse:
        """Return the page for a request that failed: what happened and what to do, no more.

        Both texts are said in ``language`` as far as it knows them.
        """
        heading, message = frame(language)[heading], said(language, message)
        template = "not_found.html.j2" if status == 404 else "error.html.j2"
        return self.html(template, status, heading=heading, message=message, language=language)

    def _render(self, template: str, values: dict[str, object]) -> str:
        try:
            return self._environment.get_template(template).render(values)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(f"templates/web/{error.name}:{error.lineno}: {error.message}") from error
        except jinja2.TemplateError as error:
            raise TemplateError(f"templates/web/{template}:{_line_of(error)}: {error}") from error

    def _source(self, name: str) -> str:
        loader: Any = self._environment.loader
        source: str = loader.get_source(self._environment, name)[0]
        return source


def sentence(message: str) -> str:
    """Return an error's message as pages show it: with a capital, and with one full stop at its end.

    Templates know it as the filter ``sentence``.
    """
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "?", "!")) else ".")


def _line_of(error: BaseException) -> int | str:
    """Return the template line an error came from: Jinja2 rewrites its traceback to template lines."""
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(".j2"):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line or "?"
