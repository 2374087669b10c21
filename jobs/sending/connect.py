"""Opening a connection to the relay: greeting, TLS, authentication, and what failed in plain words."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from base64 import b64encode
from functools import cache

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
)

from digest.errors import TransportError
from jobs.sending.relay import Relay, Security
from jobs.sending.replies import fit_to_keep

_CHECK = "check [smtp] url (DIGEST_SMTP_URL)"


async def connect(relay: Relay, timeout: float) -> SMTP:
    """Return a connection that is ready for MAIL; ``timeout`` is in seconds and for each step.

    Raises TransportError, permanent when only another setting can help. It quotes the server, never the
    password.
    """
    smtp = SMTP(
        hostname=relay.host,
        port=relay.port,
        use_tls=relay.security is Security.TLS,
        start_tls=False,
        tls_context=await asyncio.to_thread(_trust, relay),
        local_hostname=await asyncio.to_thread(_own_name),
        timeout=timeout,
    )
    try:
        await smtp.connect()
        await _hello(smtp, relay)
        if relay.security is Security.STARTTLS:
            await _start_tls(smtp, relay)
        if relay.user is not None:
            await _log_in(smtp, relay)
    except (SMTPException, OSError) as error:
        smtp.close()
        raise _explain(relay, error) from None
    except BaseException:
        smtp.close()
        raise
    return smtp


async def _hello(smtp: SMTP, relay: Relay) -> None:
    if relay.lmtp:
        # RFC 2033, 4.1: the same answer as EHLO under another name, which aiosmtplib does not know.
        assert smtp.local_hostname is not None
        answer = await smtp.execute_command(b"LHLO", smtp.local_hostname.encode("ascii"))
        if answer.code != 250:
            raise SMTPHeloError(answer.code, answer.message)
        smtp.last_ehlo_response = answer
        return
    try:
        await smtp.ehlo()
    except SMTPHeloError:
        await smtp.helo()


async def _start_tls(smtp: SMTP, relay: Relay) -> None:
    if not smtp.supports_extension("starttls"):
        raise TransportError(
            f"{relay.name} does not offer STARTTLS, and without it nothing is sent; "
            "use smtps:// if it is TLS throughout, or ?tls=none for a server you trust the way to",
            permanent=True,
        )
    await smtp.starttls()
    await _hello(smtp, relay)


async def _log_in(smtp: SMTP, relay: Relay) -> None:
    assert relay.user is not None
    if not smtp.supports_extension("auth"):
        raise TransportError(
            f"{relay.name} offers no authentication; leave the user out of [smtp] url or take another port",
            permanent=True,
        )
    await smtp.login(relay.user, relay.password)


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
    """Return our name in EHLO: the full one, or an address literal where there is none (RFC 5321, 4.1.4)."""
    name = socket.getfqdn()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _explain(relay: Relay, error: SMTPException | OSError) -> TransportError:
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return TransportError(
            f"the certificate of {relay.name} is not trusted: {cause.verify_message}; "
            "a server inside the house needs ?ca=/path/to/its/authority.pem",
            permanent=True,
        )
    if isinstance(cause, ssl.SSLError) and cause.reason == "WRONG_VERSION_NUMBER":
        return TransportError(f"{relay.name} does not speak TLS on this port; {_CHECK}", permanent=True)
    if isinstance(error, SMTPAuthenticationError):
        return TransportError(
            f"{relay.name} refuses user and password: {_said(relay, error)}; {_CHECK}",
            permanent=error.code >= 500,
        )
    if isinstance(error, SMTPResponseException):
        return TransportError(
            f"{relay.name} refuses us: {_said(relay, error)}", permanent=500 <= error.code < 600
        )
    return TransportError(f"{relay.name} cannot be reached: {_reason(error)}; {_CHECK}", permanent=False)


def _reason(error: SMTPException | OSError) -> str:
    cause = error.__cause__
    if isinstance(cause, socket.gaierror):
        return "there is no host of that name" if cause.errno == socket.EAI_NONAME else str(cause.strerror)
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno).lower()
    # Where the server spoke no SMTP, the error quotes what it sent.
    return fit_to_keep(str(error))


def _said(relay: Relay, error: SMTPResponseException) -> str:
    """Return the server's words, fit to keep, the password taken out in every form it went over the line."""
    words = " ".join(error.message.split())
    user, password = (relay.user or "").encode(), relay.password.encode()
    for secret in (password, b64encode(password), b64encode(b"\0" + user + b"\0" + password)):
        if secret:
            words = words.replace(secret.decode(), "…")
    return fit_to_keep(f"{error.code} {words}")
