"""An issue's deliveries in one state, as the commands that list them show them."""

from __future__ import annotations

from typing import Any

from digest.cli import App
from digest.issues.editions import MAIN, edition_names
from digest.issues.rendered import identity_of
from digest.issues.store import get_issue
from digest.week import Week
from jobs.deliveries import store
from jobs.deliveries.json import entry_json
from jobs.deliveries.values import State
from jobs.orphans import settle_orphans
from jobs.outgoing import message_ids
from subscribers.store import contacts

_PAGE = 1000


def settle_first(app: App, week: Week) -> None:
    """Settle what a dead sender left of the issue, before it is shown or decided on; raises NotFound."""
    with app.database.reading() as session:
        issue_id = get_issue(session, week).id
    settle_orphans(app.database, app.clock, issue_id)


def entries(app: App, week: Week, state: State) -> list[dict[str, Any]]:
    """Return the JSON object of each delivery in this state; raises NotFound for a week without an issue."""
    rows: list[dict[str, Any]] = []
    named = message_ids(identity_of(app.settings), week)
    with app.database.reading() as session:
        issue_id, last = get_issue(session, week).id, 0
        while page := store.listing(session, issue_id, state, _PAGE, last):
            readers = contacts(session, [entry.reader_id for entry in page], app.clock.now())
            names = edition_names(session, [one.edition_id for one in page if one.edition_id is not None])
            rows += [
                entry_json(
                    entry,
                    readers.get(entry.reader_id),
                    MAIN if entry.edition_id is None else names.get(entry.edition_id),
                    named,
                )
                for entry in page
            ]
            last = page[-1].id
    return rows
