"""What JSON Schema cannot say of an address, told to schemathesis, which loads this file."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st

_LOCAL = st.from_regex(r"[a-z0-9_][a-z0-9+&'~-]{0,30}", fullmatch=True)
schemathesis.openapi.format("email", _LOCAL.map("{}@example.com".format))
