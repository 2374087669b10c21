"""What the preview needs of rooms it may not enter: readers, the product's other mails, and sending one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from digest.rendering.values import RenderedEmail
from digest.week import Week

# The invented reader; every other is named by an opaque id.
SAMPLE, NAMELESS = "", "-"


@dataclass(frozen=True, slots=True)
class ReaderEntry:
    """A reader to choose from. ``status`` is a word of the list, such as confirmed."""

    id: str
    name: str | None
    address: str
    status: str


class Surroundings(Protocol):
    """Given by the composition root. ``reader`` is SAMPLE, NAMELESS or an id.

    With ``to`` a message is made for a tester: it goes to that address, has a Message-ID of its own, and its
    links lead to nobody, whoever the reader is.
    """

    def compose(self, email: RenderedEmail, week: Week, reader: str, to: str | None = None) -> bytes:
        """Return the message the reader would get. Raises NotFound for an unknown reader, BadInput."""

    def mails(self) -> Mapping[str, str]:
        """Return the product's other mails: name → title."""

    def mail(self, name: str, reader: str, to: str | None = None) -> tuple[RenderedEmail, bytes]:
        """Return one of them and its message. Raises NotFound, TemplateError."""

    def segments(self) -> Mapping[tuple[str, str], int]:
        """Return how many of the issue's readers chose the same: (language, interests, a line each)."""

    def deliveries(self, week: Week) -> Mapping[int | None, int]:
        """Return how many deliveries each edition of a started issue has, by id, None for the issue's own."""

    def readers(self, search: str) -> Sequence[ReaderEntry]:
        """Return some readers, at most a screenful, whose address or name holds ``search``."""

    def own_pages(self, paths: Collection[str]) -> Mapping[str, int]:
        """Return the HTTP status of each path of our own pages, asked without a network."""

    def deliver(self, message: bytes, address: str) -> None:
        """Hand a message to the relay. Raises BadInput for the address, DigestError, TransportError."""
