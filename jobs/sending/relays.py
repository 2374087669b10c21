"""Several relays at once: which of them the next messages go to, and which is left alone for a while.

Time is passed in, nothing is opened here. Each relay gets its share by weight, counted in messages, and one
that fails is out until it is tried again by one connection alone, so that nobody storms a server that has
just come back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.errors import SettingsError, TransportError
from jobs.sending.relay import SETTING, Relay

# Seconds that a relay is left alone after temporary trouble: doubled each time, up to the longest.
FIRST_REST = 5.0
LONGEST_REST = 300.0
# Only another setting helps, or somebody who mends the account; both take a person.
PERMANENT_REST = 1800.0
_ALONE = 1_000_000


class Relays(tuple[Relay, ...]):
    """The relays of ``[smtp] url``, in the order they are written in."""

    @classmethod
    def parse(cls, urls: str) -> Relays:
        """Return the relays that ``urls`` names, separated by white space: at least one.

        Two may be the same server only with different users. Raises SettingsError that says which of them is
        wrong, by its place, and never repeats it.
        """
        written = urls.split()
        if not written:
            raise SettingsError(f"{SETTING} is empty; write it like smtp://user:password@host:587")
        relays = cls(Relay.parse(url, _place(at, len(written))) for at, url in enumerate(written))
        first: dict[tuple[str, str | None], int] = {}
        for at, relay in enumerate(relays):
            if (other := first.setdefault((relay.name, relay.user), at)) != at:
                place = _place(at, len(relays))
                raise SettingsError(
                    f"{place} is the same server as number {other + 1}; leave out one of them"
                )
        return relays


def _place(at: int, number: int) -> str:
    return SETTING if number == 1 else f"relay {at + 1} of {number} in {SETTING}"


@dataclass(slots=True, eq=False)
class _Standing:
    """How things are with one relay.

    ``sent`` are the messages it has had (more, once it had to catch up), ``booked`` those that are still to
    come in the turns it was given. After trouble it is left alone until ``back_at`` (seconds), ``rest`` after
    it failed; ``on_trial`` since a turn went to it again, to see whether it is well.
    """

    relay: Relay
    sent: float = 0.0
    booked: int = 0
    error: TransportError | None = None
    rest: float = 0.0
    back_at: float = 0.0
    on_trial: bool = False

    @property
    def used(self) -> float:
        """How far it is ahead of others: its messages by its weight."""
        return (self.sent + self.booked) / self.relay.weight


class Choice:
    """Which relay the next turn of messages goes to.

    A turn is what one connection sends before it asks again; it stays open if the answer is the same relay.
    Short turns keep the shares close while little was sent, long ones save connections.
    """

    def __init__(self, relays: Sequence[Relay], clock: Callable[[], float], turn: int = 20) -> None:
        """Take the relays in their order, at least one, a monotonic clock in seconds, and the longest turn.

        ``turn`` is in messages.
        """
        self._clock = clock
        self._turn = turn
        self._heaviest = max(relay.weight for relay in relays) or 1
        self._standings = {relay: _Standing(relay) for relay in relays}

    @property
    def several(self) -> bool:
        """Whether there is a choice at all."""
        return len(self._standings) > 1

    def next(self) -> Relay:
        """Return the relay for a turn: of those that can be used, the one that is most behind its share.

        Standbys come after all others, in their order. Raises the error of ``all_down`` when there is none.
        """
        usable = self._usable()
        if not usable:
            raise self._most_hopeful()
        weighty = [one for one in usable if one.relay.weight]
        chosen = min(weighty, key=lambda one: one.used) if weighty else usable[0]
        chosen.booked += self.turn(chosen.relay)
        if chosen.error is not None:
            # The other connections wait for what comes of it.
            chosen.on_trial, chosen.back_at = True, self._clock() + chosen.rest
        return chosen.relay

    def turn(self, relay: Relay) -> int:
        """Return how many messages a turn of this relay has: by its weight, and at least one.

        A single one has no turns to speak of: at the end of each, one envelope has to go by itself.
        """
        if not self.several:
            return _ALONE
        weight = relay.weight or self._heaviest
        return max(1, round(self._turn * weight / self._heaviest))

    def sent(self, relay: Relay, messages: int = 1) -> None:
        """Count messages of a turn that went to this relay."""
        standing = self._standings[relay]
        standing.sent += messages
        standing.booked = max(standing.booked - messages, 0)

    def unsent(self, relay: Relay, messages: int) -> None:
        """Note that a turn ended so many messages early; they are to go out in other turns."""
        standing = self._standings[relay]
        standing.booked = max(standing.booked - messages, 0)

    def failed(self, relay: Relay, error: TransportError) -> None:
        """Leave the relay alone for a while, its turns at an end.

        After temporary trouble for 5 s, and for twice as long each time it fails again, up to 5 min; after
        permanent trouble for 30 min.
        """
        standing, now = self._standings[relay], self._clock()
        standing.booked = 0
        if error.permanent:
            standing.rest = max(standing.rest, FIRST_REST)
            standing.back_at = now + PERMANENT_REST
        elif standing.error is None or standing.on_trial:
            standing.rest = min(2 * standing.rest or FIRST_REST, LONGEST_REST)
            standing.back_at = now + standing.rest
        else:
            # A connection from before: what broke several at once is one failure.
            return
        standing.error, standing.on_trial = error, False

    def worked(self, relay: Relay) -> None:
        """Note that a connection to the relay was made: it is well again."""
        standing = self._standings[relay]
        if standing.error is None:
            return
        standing.error, standing.rest, standing.on_trial = None, 0.0, False
        others = [one for one in self._usable() if one is not standing and one.relay.weight]
        if relay.weight and others:
            # It does not make up for the time it was out, or everything would go to it for as long.
            level = min(one.used for one in others) * relay.weight
            standing.sent = max(standing.sent, level - standing.booked)

    def all_down(self) -> TransportError | None:
        """Return the last error of the relay there is most hope for when none can be used now, else None."""
        return None if self._usable() else self._most_hopeful()

    def back_in(self) -> float:
        """Return in how many seconds one of the relays can be used: 0.0 for now."""
        if self._usable():
            return 0.0
        return min(one.back_at for one in self._standings.values()) - self._clock()

    def _usable(self) -> list[_Standing]:
        now = self._clock()
        return [one for one in self._standings.values() if one.error is None or now >= one.back_at]

    def _most_hopeful(self) -> TransportError:
        """Return the error of the relay that time may mend soonest."""
        troubled = [(one.back_at, one.error) for one in self._standings.values() if one.error is not None]
        return min(troubled, key=lambda trouble: (trouble[1].permanent, trouble[0]))[1]
