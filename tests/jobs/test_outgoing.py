"""What is one reader's own in an issue."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.errors import BadInput, DigestError
from digest.issues.rendered import identity_of
from digest.rendering.edition import Edition
from digest.rendering.slots import BODY_SLOTS, mark
from digest.rendering.transparency import OnTheLine
from digest.rendering.values import Identity, RenderedEmail
from digest.settings import Settings
from jobs.outgoing import SAMPLE_READER, MakeFor, by_edition, composer, personals
from subscribers.mailin.doors import Doors
from subscribers.store import new_public_ids
from subscribers.tokens import Purpose, Tokens
from tests.digest.rendering.samples import IDENTITY, WEEK
from tests.stock import KEYS

DATE = datetime(2026, 11, 20, tzinfo=UTC)
LEAVE_AT = Doors("digest@example.com", unsubscribe="leave@example.com").leave_at(KEYS)


def test_every_slot_holds_a_token_for_its_purpose_and_this_reader() -> None:
    tokens = Tokens(KEYS)
    personal = personals(WEEK, DATE, identity_of(Settings()), tokens)(SAMPLE_READER)
    for slot in BODY_SLOTS:
        assert tokens.read(Purpose(slot), getattr(personal, slot)) == SAMPLE_READER.public_id


def an_email() -> RenderedEmail:
    """Return an e-mail with every slot in both bodies."""
    body = " ".join(mark("sentinel", slot) for slot in BODY_SLOTS)
    return RenderedEmail("Nova vs Orbit", "", f"<p>{body}</p>", f"{body}\n", "", "sentinel")


def make_for(identity: Identity = IDENTITY) -> MakeFor:
    return composer(an_email(), WEEK, DATE, identity, Tokens(KEYS), leave_at=LEAVE_AT)


@given(st.from_regex(r"[A-Za-z0-9_-]{1,24}", fullmatch=True))
@example(new_public_ids(1)[0])
def test_what_is_made_of_an_id_of_ours_is_what_a_closer_look_lets_pass(public_id: str) -> None:
    reader = SAMPLE_READER._replace(public_id=public_id)
    personal = personals(WEEK, DATE, IDENTITY, Tokens(KEYS), leave_at=LEAVE_AT)(reader)
    looked_at = Edition.compile(an_email(), IDENTITY).on_the_line(personal)
    assert make_for()(reader) == looked_at


@pytest.mark.parametrize("bad", ["a\r\nb", "a>b", "a\n", "é", "a b", "<script>", "a" * 21 + "\n"])
def test_an_id_that_could_break_out_is_refused_wherever_it_came_from(bad: str) -> None:
    with pytest.raises(BadInput, match=r"token is empty or holds|a Message-ID is malformed"):
        make_for()(SAMPLE_READER._replace(public_id=bad))


@pytest.mark.parametrize("change", [{"name": "Ann\r\nBcc: x"}, {"address": "a@b.example\r\nBcc: x"}])
def test_a_reader_who_could_break_out_of_the_header_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="a reader"):
        make_for()(SAMPLE_READER._replace(public_id=new_public_ids(1)[0], **change))


def test_settings_of_which_no_message_id_can_be_made_are_no_readers_fault() -> None:
    with pytest.raises(DigestError, match="a Message-ID is malformed") as caught:
        by_edition(lambda edition: make_for(replace(IDENTITY, newsletter="w" * 250)))
    assert not isinstance(caught.value, BadInput)


def test_an_edition_is_compiled_when_it_is_first_asked_for_and_kept() -> None:
    made: list[int | None] = []

    def make(edition: int | None) -> MakeFor:
        made.append(edition)
        return lambda contact: OnTheLine(f"{edition} for {contact.public_id}".encode())

    compose = by_edition(make)
    assert [compose(SAMPLE_READER, edition) for edition in (7, 7, None)] == [
        b"7 for sample-reader",
        b"7 for sample-reader",
        b"None for sample-reader",
    ]
    assert made == [None, 7]


def test_an_edition_that_cannot_be_compiled_is_no_readers_fault() -> None:
    def make(edition: int | None) -> MakeFor:
        if edition is not None:
            raise BadInput("the subject has a line break")
        return lambda contact: OnTheLine(b"")

    compose = by_edition(make)
    with pytest.raises(DigestError, match="the subject has a line break") as caught:
        compose(SAMPLE_READER, 3)
    assert not isinstance(caught.value, BadInput)
