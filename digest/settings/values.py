"""The kinds of values that settings are made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(value: object) -> object:
    """Read ``"90s"``, ``"15m"``, ``"48h"`` or ``"14d"``."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if not match:
            raise ValueError("write a duration like 30s, 15m, 48h or 14d")
        return timedelta(seconds=float(match[1]) * _SECONDS[match[2]])
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _one_line(value: str) -> str:
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise ValueError("must be one line without control characters")
    return value


OneLine = Annotated[str, BeforeValidator(lambda v: _one_line(v) if isinstance(v, str) else v)]


def like(pattern: str, example: str) -> Callable[[str], str]:
    """Return the check that a value has a form, told by an example."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"write it like {example}")
        return value

    return check


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
