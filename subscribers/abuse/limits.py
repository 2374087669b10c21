"""The bounds on sign-ups: per client, network, mailbox, domain, and for all together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import ConfigurationError, StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.errors import SettingsError
from digest.keyed import stand_in
from digest.settings import LimitsSettings, Rate
from subscribers.abuse.clients import IpAddress, client_part, network_part
from subscribers.abuse.storage import RateStorage
from subscribers.addresses import Address

_LOG = logging.getLogger(__name__)
# What many share: sign-ups by mail have narrower ones.
_WIDE = ("domain", "overall")


class Limits:
    """What ``[limits]`` allows. Counts stand in the database, or in Redis if the settings name one.

    Windows are fixed: one begins with the first sign-up it counts. Every key is hashed with the
    installation's, so that the table holds neither addresses of readers nor of machines.
    """

    def __init__(self, settings: LimitsSettings, keys: Sequence[str]) -> None:
        self._key = keys[0]
        self._bounds: Mapping[str, list[RateLimitItem]] = {
            "client": _items(settings.client),
            "network": _items(settings.network),
            "address": _items(settings.address),
            "domain": _items(settings.domain),
            "overall": _items(settings.overall),
            "mail_domain": _items(settings.mail_domain),
            "mail_overall": _items(settings.mail_overall),
        }
        self._once = _items((Rate(1, settings.stale_after),))[0]
        self._shared = _shared(settings)

    def full(
        self,
        session: Session,
        clock: Clock,
        *,
        address: Address,
        client: IpAddress | None,
        by_mail: bool = False,
    ) -> str | None:
        """Return which bound a sign-up would be beyond, None for none. Nothing is counted or written."""
        return self._first_beyond(self._limiter(session, clock).test, address, client, by_mail)

    def exceeded(
        self,
        session: Session,
        clock: Clock,
        *,
        address: Address,
        client: IpAddress | None,
        by_mail: bool = False,
    ) -> str | None:
        """Count a sign-up and return which bound it is beyond, None if it may go on.

        One ``by_mail`` uses up nothing of what forms and programs share: its sender may be forged, a
        thousand of them in a minute.
        """
        return self._first_beyond(self._limiter(session, clock).hit, address, client, by_mail)

    def used(self, session: Session, clock: Clock, nonce: str) -> bool:
        """Note that a form's stamp was used, and tell whether it had been before."""
        try:
            return not self._limiter(session, clock).hit(self._once, "stamp", nonce)
        except StorageError:
            return False

    def _first_beyond(
        self, passes: Callable[..., bool], address: Address, client: IpAddress | None, by_mail: bool
    ) -> str | None:
        """Return the first bound that is not passed, from narrow to wide.

        The wide ones are counted only for whom the narrow ones let pass: otherwise one client could use up
        everybody's. Where Redis does not answer, nothing is counted and the sign-up goes on: a mailbox still
        gets three confirmations a day at most (``subscribers.notices``).
        """
        try:
            for kind, whose in _who(address, client):
                bound = f"mail_{kind}" if by_mail and kind in _WIDE else kind
                counted = f"mail:{kind}" if by_mail else kind
                hidden = stand_in(self._key, counted, whose)
                within = [passes(item, counted, hidden) for item in self._bounds[bound]]
                if not all(within):
                    return bound
        except StorageError as error:
            _LOG.warning("sign-ups are not counted: [limits] storage: %s", type(error.__cause__).__name__)
        return None

    def _limiter(self, session: Session, clock: Clock) -> FixedWindowRateLimiter:
        return FixedWindowRateLimiter(self._shared or RateStorage(session, clock))


def _who(address: Address, client: IpAddress | None) -> Iterator[tuple[str, str]]:
    if client is not None:
        yield "client", client_part(client)
        yield "network", network_part(client)
    yield "address", address.mailbox
    yield "domain", address.mailbox.rpartition("@")[2]
    yield "overall", ""


def _items(bounds: Sequence[Rate]) -> list[RateLimitItem]:
    return [
        RateLimitItemPerSecond(bound.amount, int(bound.within.total_seconds()), namespace="sign-up")
        for bound in bounds
    ]


def _shared(settings: LimitsSettings) -> Storage | None:
    """Return the storage outside the database; raises SettingsError when its client is not installed."""
    where = settings.storage.get_secret_value()
    if where == "database":
        return None
    try:
        storage = storage_from_string(where, wrap_exceptions=True)
    except ConfigurationError as error:
        raise SettingsError(
            f"[limits] storage: {error}; Redis needs its client: pip install 'weekly-verdicts[redis]'"
        ) from None
    assert isinstance(storage, Storage)
    return storage
