import pytest

from digest.errors import DigestError
from jobs.cli.http import listen


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            DigestError, match=rf"port {port} on 127\.0\.0\.1 cannot be used: .*; choose another"
        ):
            listen("127.0.0.1", port)
