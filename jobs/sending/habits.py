"""What servers were found not to bear, shared by all connections to them."""

from __future__ import annotations

from collections import Counter

from jobs.sending.relay import Relay

# So often in a row a connection breaks at a group of commands before it is put down to the group.
_ENOUGH = 3


class Habits:
    """Some servers offer PIPELINING and drop whoever uses it; they are talked to step by step from then on.

    Groups that open a connection's first envelope and those behind a message are told apart: a server may
    bear only the first. One that does not bear even these is never asked to bear the others.
    """

    def __init__(self) -> None:
        self._dropped: Counter[tuple[Relay, bool]] = Counter()

    def hates_pipelining(self, relay: Relay, *, following: bool) -> bool:
        """Whether groups are of no use there."""
        if not self._dropped:
            return False
        first, behind = (self._dropped[relay, one] >= _ENOUGH for one in (False, True))
        return first or (following and behind)

    def dropped(self, relay: Relay, *, following: bool) -> None:
        """The connection broke before any answer to a group."""
        self._dropped[relay, following] += 1

    def answered(self, relay: Relay, *, following: bool) -> None:
        """A group was answered: what broke before had another reason."""
        if self._dropped and not self.hates_pipelining(relay, following=following):
            del self._dropped[relay, following]
