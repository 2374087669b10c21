"""TLS that breaks in the middle, is not what it says, or is spoken to by somebody else."""

from __future__ import annotations

import ssl
from datetime import timedelta

import pytest

from digest.errors import TransportError
from tests.conftest import Certificate
from tests.faults.accounting import accounted, sender_of
from tests.faults.again import changed, play
from tests.faults.conftest import READERS
from tests.faults.plays import Play, Script, Then, at
from tests.faults.server import EXTENSIONS, FaultyServer
from tests.jobs.mailing import Mailing

IMPATIENT = changed(connections=2, timeout=timedelta(seconds=0.5))
OFFERED = (*EXTENSIONS, "STARTTLS")


def starttls(certificate: Certificate, script: Script) -> tuple[FaultyServer, str]:
    """Return a server that offers STARTTLS, and the URL that asks for it."""
    server = FaultyServer(script, OFFERED, starttls=certificate.server)
    return server, f"smtp://127.0.0.1:{{port}}?tls=starttls&ca={certificate.file}"


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET, Then.HALF_CLOSE, Then.SILENCE, Then.DEAF])
@pytest.mark.parametrize("upto", [0, 3, None])
def test_starttls_that_breaks_in_the_middle_is_tried_again(
    mailing: Mailing, certificate: Certificate, upto: int | None, then: Then
) -> None:
    server, url = starttls(certificate, at("STARTTLS", Play(upto=upto, then=then), times=1))
    assert play(mailing, server, IMPATIENT, url=url).sent == READERS


@pytest.mark.parametrize("garbage", [b"\x00" * 64, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 5000])
def test_garbage_behind_the_answer_to_starttls_is_no_tls(
    mailing: Mailing, certificate: Certificate, garbage: bytes
) -> None:
    answer = Play(b"220 2.0.0 {mark} go ahead\r\n" + garbage, then=Then.HALF_CLOSE)
    server, url = starttls(certificate, at("STARTTLS", answer, times=1))
    assert play(mailing, server, IMPATIENT, url=url).sent == READERS


@pytest.mark.parametrize("code", [250, 354, 421, 454, 501, 502, 554])
def test_starttls_that_is_refused_sends_nothing_in_the_clear(
    mailing: Mailing, certificate: Certificate, code: int
) -> None:
    server, url = starttls(certificate, at("STARTTLS", f"{code} 4.7.0 no"))
    refuses_all(mailing, server, url)
    assert not server.truth.tries["AUTH", 0]


def test_starttls_that_is_not_offered_is_not_gone_without(mailing: Mailing, certificate: Certificate) -> None:
    url = f"smtp://127.0.0.1:{{port}}?tls=starttls&ca={certificate.file}"
    error = refuses_all(mailing, FaultyServer(), url)
    assert error.permanent
    assert "does not offer STARTTLS" in str(error)


@pytest.mark.parametrize("scheme", ["smtp://127.0.0.1:{port}?tls=starttls", "smtps://127.0.0.1:{port}"])
def test_a_certificate_that_is_not_trusted_sends_nothing(
    mailing: Mailing, certificate: Certificate, scheme: str
) -> None:
    throughout = scheme.startswith("smtps")
    server = FaultyServer(
        extensions=OFFERED,
        starttls=None if throughout else certificate.server,
        tls=certificate.server if throughout else None,
    )
    error = refuses_all(mailing, server, scheme)
    assert error.permanent
    assert "is not trusted" in str(error)


def test_a_name_that_is_not_in_the_certificate_sends_nothing(
    mailing: Mailing, certificate: Certificate
) -> None:
    # It is for localhost and 127.0.0.1; the whole of 127 is this machine.
    url = f"smtp://127.0.0.2:{{port}}?tls=starttls&ca={certificate.file}"
    server = FaultyServer(extensions=OFFERED, starttls=certificate.server, host="127.0.0.2")
    assert refuses_all(mailing, server, url).permanent


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_an_old_tls_is_not_spoken(mailing: Mailing, certificate: Certificate) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.load_cert_chain(certificate.file, certificate.file.parent / "key.pem")
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    server = FaultyServer(extensions=OFFERED, starttls=old)
    refuses_all(mailing, server, f"smtp://127.0.0.1:{{port}}?tls=starttls&ca={certificate.file}")


def test_whole_mailings_go_over_tls_and_break_there_as_well(
    mailing: Mailing, certificate: Certificate, extensions: tuple[str, ...]
) -> None:
    server = FaultyServer(at("BODY", Play(then=Then.RESET), reader=3), extensions, tls=certificate.server)
    url = f"smtps://127.0.0.1:{{port}}?ca={certificate.file}"
    counts = play(mailing, server, changed(connections=2), url=url)
    assert counts.sent + counts.unknown == READERS
    assert counts.unknown <= 1


def refuses_all(mailing: Mailing, server: FaultyServer, url: str) -> TransportError:
    """Check that the engine sends nobody anything there; return what it says."""
    mailing.settings = changed(connections=1)
    with server.serve() as port:
        with pytest.raises(TransportError) as raised:
            mailing.send(port, sender=sender_of, url=url)
        accounted(mailing, server)
    assert not server.truth.tries["MAIL", 0]
    assert not server.truth.promised
    assert mailing.counts().pending == READERS
    return raised.value
