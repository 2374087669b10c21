"""Whose a link is, for rooms that know no reader."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from digest.db import Database
from subscribers.links import holder
from subscribers.tokens import BadToken, Purpose, Tokens


def test_a_link_is_its_readers_as_long_as_they_are_there(
    database: Database, add: Callable[..., str], tokens: Tokens
) -> None:
    public_id = add()
    with database.writing() as session:
        for lock in (False, True):
            token = tokens.sign(Purpose.VOTE, public_id)
            assert holder(tokens, Purpose.VOTE, session, token, lock=lock) == public_id
            gone = tokens.sign(Purpose.VOTE, "erased")
            assert holder(tokens, Purpose.VOTE, session, gone, lock=lock) is None


def test_a_link_for_another_purpose_is_nobodys(
    database: Database, add: Callable[..., str], tokens: Tokens
) -> None:
    token = tokens.sign(Purpose.SAVED, add())
    with database.reading() as session, pytest.raises(BadToken):
        holder(tokens, Purpose.VOTE, session, token)
