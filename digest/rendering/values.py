"""What rendering takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is writing and where the pages stand; all of it from the settings, none of it per reader."""

    name: str
    sender: str
    address: str
    from_address: str
    base_url: str
    newsletter: str = "weekly"
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """One edition: both bodies with slot marks where something personal goes.

    ``sentinel`` is the secret word inside the marks (see ``digest.rendering.slots``).
    """

    subject: str
    preheader: str
    html: str
    text: str
    mjml: str
    sentinel: str

    @property
    def content_hash(self) -> str:
        """SHA-256 over what a reader gets, in hex."""
        parts = (self.subject, self.preheader, self.html, self.text)
        return sha256("\0".join(parts).encode()).hexdigest()
