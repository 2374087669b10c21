"""The preview's way to the rooms it may not enter: readers, notices and the relay."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from digest.errors import NotFound
from digest.issues.store import get_issue, turn_of
from digest.preview.surroundings import NAMELESS, SAMPLE, ReaderEntry
from digest.rendering.values import RenderedEmail
from digest.week import Week
from jobs.deliveries.store import counts_by_edition
from jobs.editor import editor_message, sample_news
from jobs.following import ask_own_pages
from jobs.notices import notice_message
from jobs.outgoing import SAMPLE_READER, new_attempt
from jobs.sendout import SendOut
from subscribers import notices
from subscribers.addresses import parse_address
from subscribers.audience import segments
from subscribers.store import Contact, contact_of, search

# A list is to be looked through at a glance; who has more readers types more of the address.
_SHOWN = 20
_EDITOR = "editor"
_MAILS = MappingProxyType(
    {
        notices.CONFIRM: "Confirmation",
        notices.WELCOME: "Welcome",
        notices.RECONFIRM: "Still want it?",
        notices.PROBE: "Does mail arrive?",
        notices.LEAVE: "Asked to leave by mail",
        notices.CHANGE: "To a new address",
        notices.CHANGED: "Address changed",
        notices.GOODBYE: "Goodbye",
        _EDITOR: "Editor’s notice",
    }
)


@dataclass(frozen=True, slots=True)
class PreviewSurroundings:
    """What ``digest.preview.surroundings.Surroundings`` asks for, over one send-out, in one week."""

    work: SendOut
    week: Week

    def compose(self, email: RenderedEmail, week: Week, reader: str, to: str | None = None) -> bytes:
        if to is None:
            return self.work.sample_message(email, week, self._contact(reader))
        return self.work.sample_message(email, week, _tester(reader, to), attempt=new_attempt())

    def mails(self) -> Mapping[str, str]:
        return _MAILS

    def mail(self, name: str, reader: str, to: str | None = None) -> tuple[RenderedEmail, bytes]:
        if name not in _MAILS:
            raise NotFound(f"there is no mail {name}; there are: {', '.join(_MAILS)}")
        contact = self._contact(reader) if to is None else _tester(reader, to)
        if name == _EDITOR:
            return editor_message(self.work, sample_news(self.week), contact.address)
        attempt = "preview" if to is None else new_attempt()
        domain = self.work.settings.mail.from_address.rpartition("@")[2]
        return notice_message(
            self.work,
            name,
            public_id=contact.public_id,
            address=contact.address,
            message_id=f"<{name}.{attempt}@{domain}>",
            key="preview",
        )

    def segments(self) -> Mapping[tuple[str, str], int]:
        with self.work.database.reading() as session:
            return segments(session, self.work.clock.now(), turn_of(session, self.week))

    def deliveries(self, week: Week) -> Mapping[int | None, int]:
        with self.work.database.reading() as session:
            return counts_by_edition(session, get_issue(session, week).id)

    def readers(self, search_for: str) -> Sequence[ReaderEntry]:
        with self.work.database.reading() as session:
            found = search(session, search_for.strip(), _SHOWN, self.work.clock.now())
        return [ReaderEntry(one.id, one.name, one.email, one.status.value) for one in found]

    def own_pages(self, paths: Collection[str]) -> Mapping[str, int]:
        return ask_own_pages(self.work.settings, self.work.database, self.work.clock, paths)

    def deliver(self, message: bytes, address: str) -> None:
        self.work.deliver(message, address)

    def _contact(self, reader: str) -> Contact:
        if reader in (SAMPLE, NAMELESS):
            return _invented(reader)
        with self.work.database.reading() as session:
            contact = contact_of(session, reader, self.work.clock.now())
        if contact is None:
            raise NotFound("this reader is not on the list any more; choose another")
        return contact


def _invented(reader: str) -> Contact:
    return SAMPLE_READER._replace(name=None) if reader == NAMELESS else SAMPLE_READER


def _tester(reader: str, to: str) -> Contact:
    """Return who gets a test: somebody invented, so that no reader's own links go to another."""
    return _invented(reader)._replace(address=parse_address(to).display)
