"""A piece of a file onto the list, in one transaction that is short enough for others to wait for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from subscribers import store
from subscribers.addresses import address_hash, address_hashes
from subscribers.audience import AUDIENCE
from subscribers.consent import Form
from subscribers.moving.bulk import NewReader, add_readers, silence, stamp
from subscribers.moving.entries import Entry
from subscribers.moving.meanings import Meaning
from subscribers.values import ON_THE_LIST, Status


@dataclass(slots=True)
class Sorted:
    """What is to become of the entries of one piece.

    ``fresh`` come onto the list; ``gone`` are the address keys that the file says have left, by what it says;
    ``suppressed`` are left out, with the reason for each. ``known`` and ``duplicates`` only count.
    """

    fresh: list[Entry] = field(default_factory=list)
    gone: dict[Meaning, list[str]] = field(default_factory=lambda: defaultdict(list))
    suppressed: list[tuple[Entry, str]] = field(default_factory=list)
    silenced: int = 0
    known: int = 0
    duplicates: int = 0


def sort(
    session: Session, piece: Sequence[Entry], met: Sequence[bool], *, keys: Sequence[str], rehearsing: bool
) -> Sorted:
    """Return what is to become of these entries; ``met`` tells which addresses were in the file before.

    Nothing is stored. An import may silence a reader, never wake one: who is on the list keeps their status
    unless the file says that they left. Of two rows for one reader the one that silences counts. Who was met
    before is looked for on the list again, unless ``rehearsing``, when nobody was put there.
    """
    listed = list({entry.key for entry in piece})
    there = store.statuses(session, listed)
    suppressed = _suppressed(session, listed, keys)
    result, here = Sorted(), set[str]()
    for entry, is_met in zip(piece, met, strict=True):
        key = entry.key
        status, reason = there.get(key), suppressed.get(key)
        silences = entry.says.status not in ON_THE_LIST
        if key in here or (is_met and (rehearsing or status is not None or reason is not None)):
            result.duplicates += 1
        elif reason is not None and (status is None or not silences):
            result.suppressed.append((entry, reason))
            continue
        elif status is None:
            result.fresh.append(entry)
        elif silences and status in ON_THE_LIST:
            result.silenced += 1
        else:
            result.known += 1
        here.add(key)
        if silences and (reason is None or status is not None):
            result.gone[entry.says].append(key)
    return result


def put(
    session: Session, piece: Sorted, *, origin: str, keys: Sequence[str], now: datetime
) -> Counter[Status]:
    """Store a piece; return how many are new, by status. ``origin`` is kept as where they came from."""
    added = Counter[Status]()
    if piece.fresh:
        added = add_readers(session, _new(session, piece.fresh, origin, now))
    for meaning, gone in piece.gone.items():
        assert meaning.status is not None
        silence(session, gone, meaning.status, origin=origin, now=now)
        if meaning.reason is not None:
            newest = keys[0].encode()
            store.add_suppressions(session, [address_hash(newest, key) for key in gone], meaning.reason, now)
    return added


def _suppressed(session: Session, listed: Sequence[str], keys: Sequence[str]) -> dict[str, str]:
    """Return why, for those of these address keys that are suppressed."""
    if not store.any_suppressed(session):
        return {}
    by_hash = {value: key for key in listed for value in address_hashes(keys, key)}
    return {by_hash[row.address_hash]: row.reason for row in store.suppressions(session, by_hash).values()}


def _new(session: Session, fresh: Sequence[Entry], origin: str, now: datetime) -> Iterator[NewReader]:
    consent = f"{Form.IMPORT} from {origin} on {now:%Y-%m-%d}"
    at, ids = stamp(session, now), store.new_public_ids(len(fresh))
    for public_id, (_, display, key, name, says, opted_in) in zip(ids, fresh, strict=True):
        assert says.status is not None
        agreed, said = at, consent
        if opted_in is not None:
            agreed = stamp(session, opted_in)
            said = f"{consent}, opted in {opted_in:%Y-%m-%d %H:%M:%S} UTC"
        confirmed = agreed if says.status in AUDIENCE else None
        left = None if says.status in ON_THE_LIST else at
        yield (public_id, display, key, name, says.status.value, at, confirmed, left, said)
