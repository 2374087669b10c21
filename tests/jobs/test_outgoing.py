"""What is one reader's own in an issue."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.issues.rendered import identity_of
from digest.rendering.slots import BODY_SLOTS
from digest.settings import Settings
from digest.week import Week
from jobs.outgoing import SAMPLE_READER, personal_of
from subscribers.tokens import Purpose, Tokens
from tests.stock import KEYS


def test_every_slot_holds_a_token_for_its_purpose_and_this_reader() -> None:
    tokens = Tokens(KEYS)
    personal = personal_of(
        SAMPLE_READER,
        Week.parse("2026-W47"),
        datetime(2026, 11, 20, tzinfo=UTC),
        identity_of(Settings()),
        tokens,
    )
    for slot in BODY_SLOTS:
        assert tokens.read(Purpose(slot), getattr(personal, slot)) == SAMPLE_READER.public_id
