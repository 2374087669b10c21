"""The addresses that mail to the list may go to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from digest.errors import BadInput
from digest.settings import Settings
from subscribers.addresses import MAX_ADDRESS, MAX_LOCAL
from subscribers.mailin.tags import leaving_tags


class Door(StrEnum):
    """What an address of ours is for."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    BOUNCES = "bounces"
    LIST = "list"


_WORDS = {Door.SUBSCRIBE.value: Door.SUBSCRIBE, Door.UNSUBSCRIBE.value: Door.UNSUBSCRIBE}
# What stands behind the + of these is a token; of the others it is nobody's business.
_TAGGED = (Door.UNSUBSCRIBE, Door.BOUNCES)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address of ours. ``tag`` is what stands behind its ``+``, in lower case, where that is a token."""

    door: Door
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Doors:
    """Our addresses. ``list`` is what the issues come from; None is one that is not in use."""

    list: str
    subscribe: str | None = None
    unsubscribe: str | None = None
    bounces: str | None = None

    @classmethod
    def of(cls, settings: Settings, bounces: str | None = None) -> Doors:
        """Return the addresses these settings name; ``bounces`` is where bounces are taken."""
        mailin = settings.mailin
        return cls(settings.mail.from_address, mailin.subscribe, mailin.unsubscribe, bounces)

    def find(self, address: str) -> Recipient | None:
        """Return what an address is for, None if it is none of ours. Case makes no difference.

        Any ``name+subscribe`` and ``name+unsubscribe`` at a domain of ours will do: hosts that cannot make
        new addresses often have these.
        """
        local, _, domain = address.lower().rpartition("@")
        for door, name, place in self._names():
            if domain != place:
                continue
            if local == name:
                return Recipient(door)
            if door in _TAGGED and local.startswith(f"{name}+"):
                return Recipient(door, local.removeprefix(f"{name}+"))
        _, plus, word = local.rpartition("+")
        ours = plus and word in _WORDS and any(domain == place for _, _, place in self._names())
        return Recipient(_WORDS[word]) if ours else None

    def leave_at(self, keys: Sequence[str]) -> Callable[[str], str]:
        """Return the function that gives the address that takes a reader off the list, by their public id.

        It gives "" where mail cannot, and raises BadInput for an id with which the address becomes too long:
        none of ours does.
        """
        if self.unsubscribe is None:
            return lambda public_id: ""
        name, _, domain = self.unsubscribe.rpartition("@")
        room = min(MAX_LOCAL - len(f"{name}+"), MAX_ADDRESS - len(f"{name}+@{domain}"))
        tag_of = leaving_tags(keys[0])

        def address_of(public_id: str) -> str:
            tag = tag_of(public_id)
            if len(tag) > room:
                raise BadInput("the way to leave has an address that cannot be mailed: it is too long")
            return f"{name}+{tag}@{domain}"

        return address_of

    def _names(self) -> Iterator[tuple[Door, str, str]]:
        """Yield what each address is for, its local part and its domain, in lower case."""
        for door in Door:
            address = getattr(self, door.value)
            if address is not None:
                local, _, domain = address.lower().rpartition("@")
                yield door, local, domain
