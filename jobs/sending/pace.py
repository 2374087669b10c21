"""How fast an issue goes out: the operator's rates, and giving way to whoever asks for it.

It is asked twice. Before a reader is taken, one round trip before their body goes, ``free_in`` aims; right
before the body ``body_in`` is exact. It never sleeps and never looks into a transaction that is open: holds
and lowered speeds only keep readers from being taken (docs/pace.md).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeVar

from digest.settings import SendingSettings
from digest.settings.sending import EVERY_OTHER
from digest.text import counted
from jobs.sending.backoff import BackOff, Speed
from jobs.sending.buckets import MARGIN, Quota
from jobs.sending.putoffs import Whose, whose

# So many domains are remembered before those are forgotten that do not matter any more.
_REMEMBERED = 4096
# The speed at which trouble began is that of so many messages before it.
_RECENT = 64
# So many domains that put us off and nobody in between who takes anything: it is the relay that speaks.
_DOMAINS_IN_A_ROW = 3


class Pace:
    """When the next reader may be taken and the next body may begin; all answers are in seconds.

    Domains are what stands behind the @, in lower case. ``clock`` tells monotonic seconds; ``margin`` is
    how much longer than a second, in seconds, the second is that a rate is kept in (``buckets.MARGIN``).
    """

    def __init__(
        self, settings: SendingSettings, clock: Callable[[], float], *, margin: float = MARGIN
    ) -> None:
        self._clock = clock
        self._margin = margin
        self._rates = dict(settings.per_domain)
        self._other = self._rates.pop(EVERY_OTHER, None)
        self._all = Quota(settings.rate_per_second, margin) if settings.rate_per_second else None
        self._quotas = _Remembered[Quota]()
        self._back_offs = _Remembered[BackOff]()
        self._relay = BackOff("the mail server")
        self._speed: Speed | None = None
        self._bodies: deque[float] = deque(maxlen=_RECENT)
        self._in_a_row: set[str] = set()
        self._limited = bool(self._all or settings.per_domain)
        # Whether somebody asked us to slow down and it is not made good yet.
        self._troubled = False
        # Whether nothing bounds us at all: every answer is 0.0, and ``take`` takes nothing. Read only.
        self.boundless = not self._limited

    def open_in(self) -> float:
        """Return in how many seconds a reader of any domain at all may be taken; 0.0: now."""
        return 0.0 if self.boundless else self._open_in(self._clock())

    def free_in(self, domain: str) -> float:
        """Return in how many seconds a reader of this domain may be taken; 0.0: now."""
        if self.boundless:
            return 0.0
        now = self._clock()
        wait = self._open_in(now)
        if (quota := self._quotas.get(domain)) is not None:
            wait = max(wait, quota.bucket.free_in(now))
        if self._troubled and (back_off := self._back_offs.get(domain)) is not None:
            wait = max(wait, back_off.free_in(now))
        return wait

    def take(self, domain: str) -> None:
        """Take a reader of this domain; ``free_in`` may be above 0.0, and the next one pays for it."""
        if self.boundless:
            return
        now = self._clock()
        if self._all is not None:
            self._all.bucket.take(now)
        if (quota := self._quota(domain, now)) is not None:
            quota.bucket.take(now)
        if self._troubled:
            self._relay.take(now)
            if self._speed is not None:
                self._speed.bucket.take(now)
            if (back_off := self._back_offs.get(domain)) is not None:
                back_off.take(now)

    def give_back(self, domain: str) -> None:
        """Undo ``take``: the reader was refused, or came to nothing, before the body began."""
        if self._all is not None:
            self._all.bucket.give_back()
        if (quota := self._quotas.get(domain)) is not None:
            quota.bucket.give_back()
        if self._speed is not None:
            self._speed.bucket.give_back()

    @property
    def exact(self) -> bool:
        """Whether ``body_in`` may ever say anything but now."""
        return self._limited

    def body_in(self, domain: str) -> float:
        """Return in how many seconds the body of a reader who was taken may begin; 0.0: now.

        Ask again after waiting: others wait for the same moment.
        """
        if not self._limited:
            return 0.0
        now = self._clock()
        wait = self._all.window.free_in(now) if self._all is not None else 0.0
        quota = self._quotas.get(domain)
        return wait if quota is None else max(wait, quota.window.free_in(now))

    def body(self, domain: str) -> None:
        """Note that a body begins now."""
        now = self._clock()
        self._bodies.append(now)
        if not self._limited:
            return
        if self._all is not None:
            self._all.window.note(now)
        if (quota := self._quota(domain, now)) is not None:
            quota.window.note(now)

    def answered(self, domain: str, code: int, text: str) -> None:
        """Heed the server's answer to a reader of this domain, or to the message for them."""
        if code < 400:
            if self._troubled:
                self._went_well(domain)
        elif code < 500:
            self._put_off(domain, whose(code, text))

    def relay_put_off(self) -> None:
        """Slow everything down: the greeting or MAIL was put off (421, 45x), before any reader was named."""
        now = self._clock()
        self._set_troubled(True)
        if not self._relay.put_off(now):
            return
        if self._speed is None and (full := self._speed_of_late()) is not None:
            self._speed = Speed(full)
        if self._speed is not None:
            self._speed.put_off()

    def why(self) -> str | None:
        """Return in a few words who asked us to slow down, or None; a wait is due to the settings then."""
        if not self._troubled:
            return None
        now = self._clock()
        if held := self._relay.held(now):
            return f"the mail server asked to slow down, on in {_duration(held)}"
        if self._speed is not None:
            return f"the mail server asked to slow down, {self._speed.rate:.3g} a second for now"
        holds = [(back_off.held(now), domain) for domain, back_off in self._back_offs.items()]
        if not (holds := [hold for hold in holds if hold[0]]):
            return None
        held, first = min(holds)
        others = f" and {counted(len(holds) - 1, 'other domain')}" if len(holds) > 1 else ""
        return f"{first}{others} asked to slow down, on in {_duration(held)}"

    def _open_in(self, now: float) -> float:
        wait = self._all.bucket.free_in(now) if self._all is not None else 0.0
        if self._troubled:
            wait = max(wait, self._relay.free_in(now))
            if self._speed is not None:
                wait = max(wait, self._speed.bucket.free_in(now))
        return wait

    def _quota(self, domain: str, now: float) -> Quota | None:
        quota = self._quotas.get(domain)
        if quota is None and (rate := self._rates.get(domain, self._other)) is not None:
            quota = self._quotas.remember(domain, Quota(rate, self._margin), now)
        return quota

    def _went_well(self, domain: str) -> None:
        now = self._clock()
        self._in_a_row.clear()
        if not self._relay.held(now):
            self._relay.accepted(now)
            if self._speed is not None:
                self._speed.accepted()
                if self._speed.recovered():
                    self._speed = None
        if (back_off := self._back_offs.get(domain)) is not None:
            back_off.accepted(now)
            if back_off.idle(now):
                del self._back_offs[domain]
        self._set_troubled(bool(self._back_offs or self._speed or not self._relay.idle(now)))

    def _set_troubled(self, troubled: bool) -> None:
        self._troubled = troubled
        self.boundless = not (troubled or self._limited)

    def _put_off(self, domain: str, by: Whose) -> None:
        if by is Whose.READER:
            return
        if by is Whose.RELAY:
            self.relay_put_off()
            return
        now = self._clock()
        self._set_troubled(True)
        back_off = self._back_offs.get(domain)
        if back_off is None:
            back_off = self._back_offs.remember(domain, BackOff(domain), now)
        if back_off.put_off(now) if by is Whose.DOMAIN else back_off.put_off_perhaps(now):
            self._in_a_row.add(domain)
            if len(self._in_a_row) == _DOMAINS_IN_A_ROW:
                self._in_a_row.clear()
                self.relay_put_off()

    def _speed_of_late(self) -> float | None:
        """Return how many bodies a second began of late, None where too few did to say."""
        took = self._bodies[-1] - self._bodies[0] if self._bodies else 0.0
        return (len(self._bodies) - 1) / took if took > 0.0 else None


class _Idle(Protocol):
    def idle(self, now: float) -> bool:
        """Whether it may be forgotten."""


_Kept = TypeVar("_Kept", bound=_Idle)


class _Remembered(dict[str, _Kept]):
    """What is kept of domains; what became idle is forgotten, so that a long list takes no more memory."""

    _most = _REMEMBERED

    def remember(self, domain: str, kept: _Kept, now: float) -> _Kept:
        """Keep something of one more domain, and return it."""
        if len(self) >= self._most:
            for name in [name for name, other in self.items() if other.idle(now)]:
                del self[name]
            self._most = max(_REMEMBERED, 2 * len(self))
        self[domain] = kept
        return kept


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
