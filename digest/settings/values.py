"""The kinds of values that settings are made of."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationInfo,
    field_validator,
)

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


@dataclass(frozen=True, slots=True)
class Rate:
    """So many within so long; written ``20/1h``."""

    amount: int
    within: timedelta


def _rate(text: str) -> Rate:
    amount, slash, within = text.partition("/")
    if not slash or not amount.strip().isdecimal() or not 0 < int(amount) < 1_000_000_000:
        raise ValueError("write how many within how long, like 20/1h")
    time = _duration(within)
    assert isinstance(time, timedelta)
    if time < timedelta(seconds=1):
        raise ValueError("within how long? At least a second, like 20/1h")
    return Rate(int(amount), time)


OneRate = Annotated[Rate, BeforeValidator(lambda v: _rate(v.strip()) if isinstance(v, str) else v)]
# ``"5/10m, 20/1d"``, or ``""`` for no bound at all.
Rates = tuple[OneRate, ...]


def _network(value: str) -> str:
    try:
        network = ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        raise ValueError("write an address or a network, like 127.0.0.1 or 10.0.0.0/8") from None
    return str(network.network_address) if network.num_addresses == 1 else str(network)


Network = Annotated[str, AfterValidator(_network)]


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
    """A table of the settings; a list of words may be written with commas, as the environment has to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _with_commas(cls, value: object, info: ValidationInfo) -> object:
        field = cls.model_fields[info.field_name or ""]
        if not isinstance(value, str) or get_origin(field.annotation) is not tuple:
            return value
        return tuple(filter(None, map(str.strip, value.split(","))))


Colour = Annotated[str, AfterValidator(like("#[0-9a-fA-F]{6}", "#0b7285"))]
