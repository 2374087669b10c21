"""``digest mailin``: take what is mailed to the list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from digest.cli import App
from digest.errors import DigestError
from digest.settings import Settings

if TYPE_CHECKING:
    from jobs.mailin.router import Bounces


@contextmanager
def taking_mail(app: App) -> Iterator[None]:
    """Take mail in every way that ``[mailin]`` names while the block runs.

    Raises DigestError before anything is begun if one cannot be had, or if none is named.
    """
    from jobs.mailin.router import Router

    settings = app.settings.mailin
    if not settings.on:
        raise DigestError(
            "[mailin] names no way for mail to arrive: set lmtp, smtp or imap, see docs/mailin.md"
        )
    router = Router.of(app.settings, app.database, app.clock, _bounces(app.settings))
    with ExitStack() as stack:
        if settings.lmtp or settings.smtp:
            from jobs.mailin.listening import open_socket
            from jobs.mailin.server import House, Listener, receiving

            named = ((settings.lmtp, True), (settings.smtp, False))
            listeners = [
                Listener(stack.enter_context(open_socket(address)), lmtp)
                for address, lmtp in named
                if address
            ]
            domain = app.settings.mail.from_address.rpartition("@")[2]
            house = House(domain, settings.connections, settings.timeout)
            stack.enter_context(receiving(listeners, router, house))
        if settings.imap:
            from jobs.mailin.account import Account
            from jobs.mailin.polling import Poller, polling

            account = Account.parse(settings.imap.get_secret_value())
            account.trust()
            stack.enter_context(polling(Poller(account, router, settings, app.clock), settings.every))
        yield


def _bounces(settings: Settings) -> Bounces | None:
    """Return what reads bounces, None where no mail leaves under an address they could come back to."""
    from jobs.mailin.router import Bounces
    from subscribers.bounces import receive

    address = settings.mail.bounces
    return None if address is None else Bounces(address, partial(receive, settings=settings.bounces))
