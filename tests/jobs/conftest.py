"""A list of readers, an issue to send to them, and certificates."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.jobs.mailing import Mailing, new_mailing
from tests.processes import require


@pytest.fixture
def mailing(tmp_path: Path) -> Iterator[Mailing]:
    """A started issue with an audience of ten."""
    made = new_mailing(tmp_path / "digest.db", readers=10)
    yield made
    made.database.close()


@dataclass(frozen=True)
class Certificate:
    """A self-made certificate for localhost, and a server's side of TLS with it."""

    file: Path
    server: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    openssl = shutil.which("openssl") or "/usr/bin/openssl"
    require(Path(openssl), "openssl")
    folder = tmp_path_factory.mktemp("certificate")
    file, key = folder / "cert.pem", folder / "key.pem"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [openssl, *words.split(), "-addext", names, "-keyout", str(key), "-out", str(file)],
        check=True,
        capture_output=True,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file, key)
    return Certificate(file, server)
