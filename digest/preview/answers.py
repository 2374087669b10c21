"""What the preview's page is told about a showing, as JSON; each part is worked out when it is asked for."""

from __future__ import annotations

from dataclasses import asdict
from email import message_from_bytes
from email.policy import compat32, default
from typing import Any

from digest.preview.inboxes import entries
from digest.preview.scenarios import PAST_KEY, SCENARIOS
from digest.preview.showing import Choice, Showing, Showroom
from digest.rendering.sizes import CLIP
from digest.rendering.values import Identity

# Seconds that SpamAssassin may take of an editor who waits for the list.
_PATIENCE = 10.0


def state(showing: Showing, identity: Identity) -> dict[str, Any]:
    """Return what stands round the e-mail: ``note``, ``fault``, the lines of lists, size and headers."""
    email = showing.email
    return {
        "version": showing.version,
        "note": showing.note,
        "fault": asdict(showing.fault) if showing.fault else None,
        "subject": email.subject if email else "",
        "preheader": email.preheader if email else "",
        "sender": identity.sender,
        "bytes": len(showing.html.encode()),
        "clip": CLIP,
        "message_bytes": len(showing.message),
        "inboxes": [asdict(one) for one in entries(identity.sender, email.subject, email.preheader)]
        if email
        else [],
        "headers": _headers(showing.message),
    }


def menu(room: Showroom) -> dict[str, Any]:
    """Return what there is to choose from: ``editions``, ``weeks``, ``scenarios`` with keys, ``mails``."""
    return {
        "week": str(room.week),
        "editions": [
            {"name": name, "title": title, "readers": readers} for name, title, readers in room.editions()
        ],
        "weeks": [{"week": week, "status": status} for week, status in room.weeks()],
        "scenarios": [{"key": one.key, "name": one.name, "title": one.title} for one in SCENARIOS],
        "past_key": PAST_KEY,
        "mails": [{"name": name, "title": title} for name, title in room.around.mails().items()],
    }


def checks(room: Showroom, choice: Choice) -> dict[str, Any]:
    """Return what lint finds, each finding with the ``place`` it can be seen at."""
    # Reading what the mail clients know takes a while, and the page is to be there first.
    from digest.lint.following import asked_inside
    from digest.lint.running import lint
    from digest.lint.values import Mail
    from digest.preview.places import place_of

    showing = room.show(choice)
    if showing.email is None:
        return {"version": showing.version, "findings": [], "silenced": 0}
    mail = Mail(
        showing.email.subject,
        showing.email.preheader,
        showing.html,
        showing.text,
        showing.message,
        room.renderer.identity.base_url,
        showing.email.sentinel,
        room.renderer.depths is not None,
        room.renderer.identity.address,
    )
    # A scenario's tools are invented: nobody could have published their pages.
    follow = choice.kind != "scenario"
    report = lint(
        mail,
        silence=room.renderer.desk.silence,
        internal=asked_inside(mail, showing.content, room.around.own_pages) if follow else None,
        spamassassin=_PATIENCE,
    )
    findings = [
        {**asdict(finding), "place": asdict(place) if (place := place_of(finding)) else None}
        for finding in report.findings
        # A single mail that somebody asked for is no list's: it has nothing to unsubscribe from (RFC 8058).
        if choice.kind != "mail" or not finding.where.startswith("List-")
    ]
    return {"version": showing.version, "findings": findings, "silenced": report.silenced}


def changed(room: Showroom, choice: Choice) -> dict[str, Any]:
    """Return what changed since the issue before; ``changes`` is null without one."""
    found = room.changed(choice)
    return {"changes": asdict(found) if found else None}


def weighed(room: Showroom, choice: Choice) -> dict[str, Any]:
    """Return bytes by depth, and how many matchups are shown how deep; ``weights`` is null without any."""
    content = room.show(choice).content
    found = room.weighed(choice)
    depths = [matchup.depth.value for matchup in content.matchups] if content else []
    return {"weights": asdict(found) if found else None, "depths": depths}


def _headers(message: bytes) -> list[dict[str, str]]:
    """Return the header's fields in their order, as they read; ``raw`` only where that looks different."""
    raw = message_from_bytes(message.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", policy=compat32)
    read = message_from_bytes(message.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", policy=default)
    return [
        {"name": name, "value": str(value), "raw": str(written)}
        for (name, written), (_, value) in zip(raw.items(), read.items(), strict=True)
    ]
