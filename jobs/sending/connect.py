"""Opening a connection to the relay: greeting, TLS, authentication, and what failed in plain words."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeVar

from digest.errors import TransportError
from jobs.sending.aside import beside
from jobs.sending.auth import Login, choose
from jobs.sending.offer import Offer
from jobs.sending.relay import SETTING, Relay, Security
from jobs.sending.replies import NotLetIn, fit_to_keep, is_positive
from jobs.sending.trace import Trace
from jobs.sending.wire import Lost, Reply, Wire

_READY, _LOGGED_IN, _CHALLENGE = 220, 235, 334
# X509_V_ERR_HOSTNAME_MISMATCH.
_OTHER_NAME = 62
# OpenSSL's word for an answer in plain text, older and newer.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
# Who has no name of their own gives an address (RFC 5321, 4.1.4).
_NAMELESS = "[127.0.0.1]"
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection that waits for MAIL, and what the server offers on it."""

    wire: Wire
    offer: Offer


async def connect(relay: Relay, timeout: float, trace: Trace | None = None) -> Connection:
    """Return a connection that is ready for MAIL; ``timeout`` is in seconds and for each step.

    Nothing is pipelined before that, and what a server offers is asked again behind TLS. Raises
    TransportError, permanent when only another setting can help. It quotes the server, never the password.
    """
    wire = Wire(trace.log(relay.name) if trace else None)
    opening = _Opening(relay, wire, timeout)
    try:
        return Connection(wire, await opening.run())
    except (Lost, OSError) as error:
        wire.abort()
        raise _explain(relay, error) from None
    except BaseException:
        wire.abort()
        raise


class _Opening:
    """The dialogue that opens one connection."""

    def __init__(self, relay: Relay, wire: Wire, timeout: float) -> None:
        self._relay = relay
        self._wire = wire
        self._timeout = timeout

    async def run(self) -> Offer:
        relay = self._relay
        await self._in_time(self._dial())
        self._welcome(await self._wire.reply(self._timeout), _READY)
        offer = await self._hello()
        if relay.security is Security.STARTTLS:
            offer = await self._start_tls(offer)
        if relay.user is not None:
            await self._log_in(offer)
        return offer

    async def _dial(self) -> None:
        loop, relay = asyncio.get_running_loop(), self._relay
        if relay.path is not None:
            await loop.create_unix_connection(lambda: self._wire, relay.path)
            return
        tls = await beside(partial(_trust, relay)) if relay.security is Security.TLS else None
        host = relay.host if tls else None
        # Not by the loop: it would wait for a DNS that hangs when it ends.
        found = await beside(partial(socket.getaddrinfo, relay.host, relay.port, type=socket.SOCK_STREAM))
        trouble: OSError | None = None
        for *_, (address, *_) in found:
            try:
                await loop.create_connection(
                    lambda: self._wire,
                    str(address),
                    relay.port,
                    ssl=tls,
                    server_hostname=host,
                )
            except OSError as error:
                trouble = trouble or error
            else:
                return
        raise trouble or OSError("it has no address")

    async def _in_time(self, work: Awaitable[_Value]) -> _Value:
        try:
            return await asyncio.wait_for(work, self._timeout)
        except TimeoutError:
            raise Lost("it did not answer in time") from None

    async def _ask(self, command: bytes) -> Reply:
        self._wire.write(command + b"\r\n")
        return await self._wire.reply(self._timeout)

    async def _hello(self) -> Offer:
        name = await self._name()
        # RFC 2033, 4.1: the same answer under another name.
        reply = await self._ask(f"{'LHLO' if self._relay.lmtp else 'EHLO'} {name}".encode("ascii"))
        if 500 <= reply.code < 600 and not self._relay.lmtp:
            self._welcome(await self._ask(f"HELO {name}".encode("ascii")))
            return Offer()
        self._welcome(reply)
        return Offer.read(reply.lines)

    async def _name(self) -> str:
        try:
            return await self._in_time(beside(_own_name))
        except Lost:
            return _NAMELESS

    async def _start_tls(self, offer: Offer) -> Offer:
        relay = self._relay
        if not offer.starttls:
            raise TransportError(
                f"{relay.name} does not offer STARTTLS, and without it nothing is sent; "
                "use smtps:// if it is TLS throughout, or ?tls=none for a server you trust the way to",
                permanent=True,
            )
        self._welcome(await self._ask(b"STARTTLS"), _READY)
        context = await self._in_time(beside(partial(_trust, relay)))
        assert context is not None
        await self._in_time(self._wire.secure(context, relay.host))
        # What was offered before may have been written by anybody in between (RFC 3207, 4.2).
        return await self._hello()

    async def _log_in(self, offer: Offer) -> None:
        relay = self._relay
        login = Login(relay, choose(relay, offer.auth), relay.secret())
        reply = await self._ask(login.command())
        while reply.code == _CHALLENGE:
            reply = await self._ask(login.answer(reply.text))
        if reply.code != _LOGGED_IN:
            raise login.refused(reply.code, reply.text)

    def _welcome(self, reply: Reply, right: int | None = None) -> None:
        """Raise unless the server goes along: with a positive reply, or the one that is ``right``."""
        if reply.code == right or (right is None and is_positive(reply.code)):
            return
        kind = NotLetIn if 400 <= reply.code < 500 else TransportError
        said = fit_to_keep(f"{reply.code} {reply.text}")
        raise kind(f"{self._relay.name} refuses us: {said}", permanent=500 <= reply.code < 600)


@cache
def _trust(relay: Relay) -> ssl.SSLContext | None:
    if relay.security is Security.NONE:
        return None
    try:
        return ssl.create_default_context(cafile=relay.ca)
    except OSError as error:
        raise TransportError(f"cannot read {relay.ca} (?ca=…): {error}", permanent=True) from None


@cache
def _own_name() -> str:
    """Return our full name, for EHLO, if we have one; asking may take long where the DNS is away."""
    name = socket.getfqdn()
    return name if "." in name and name.isascii() else _NAMELESS


def _explain(relay: Relay, error: Lost | OSError) -> TransportError:
    if isinstance(error, ssl.SSLCertVerificationError):
        advice = "a server inside the house needs ?ca=/path/to/its/authority.pem"
        if error.verify_code == _OTHER_NAME:
            advice = "write the name that stands in the certificate"
        said = error.verify_message.rstrip(".")
        return TransportError(
            f"the certificate of {relay.name} is not trusted: {said}; {advice}", permanent=True
        )
    plain = isinstance(error, ssl.SSLError) and error.reason in _NO_TLS
    what = "does not speak TLS on this port" if plain else f"cannot be reached: {_reason(error)}"
    return TransportError(f"{relay.name} {what}; check {SETTING}", permanent=plain)


def _reason(error: Lost | OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no host of that name" if error.errno == socket.EAI_NONAME else str(error.strerror)
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno).lower()
    # Where the server spoke no SMTP, the error quotes what it sent.
    return fit_to_keep(str(error))
