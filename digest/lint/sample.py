"""A rendered e-mail as a message to nobody in particular, for the rules to look at."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.issues.files import bodies_of
from digest.lint.values import Mail
from digest.rendering.edition import Edition, Personal
from digest.rendering.slots import BODY_SLOTS
from digest.rendering.values import Identity, RenderedEmail

# As long as a real one, so that lines and sizes come out as they will.
_TOKEN = "t" * 60


def mail_of(email: RenderedEmail, identity: Identity, *, depth_chosen: bool = False) -> Mail:
    """Return the message an invented reader would get; raises TemplateError and BadInput like the sender.

    ``depth_chosen``: an editor said how deep matchups are shown, so they do not give way to the size.
    """
    reader = Personal(
        address="reader@example.com",
        name="A Reader",
        message_id=f"<{identity.newsletter}.lint.reader@{identity.from_address.rpartition('@')[2]}>",
        date=datetime(2000, 1, 1, tzinfo=UTC),
        **dict.fromkeys(BODY_SLOTS, _TOKEN),
    )
    message = Edition.compile(email, identity).message(reader)
    html, text = bodies_of(message)
    return Mail(
        email.subject,
        email.preheader,
        html,
        text,
        message,
        identity.base_url,
        email.sentinel,
        depth_chosen,
        identity.address,
    )
