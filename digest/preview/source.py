"""What the preview shows: the last good rendering, and what is wrong since, if anything."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.orm import Session

from digest.catalogue import store as catalogue
from digest.catalogue.importing import import_paths
from digest.clock import Clock
from digest.db import Database
from digest.desk import Desk
from digest.errors import DigestError, TooFewTools
from digest.issues.building import ignored_file, none_because, plan_from
from digest.issues.files import bodies_of
from digest.issues.overrides import from_stored, overrides_file, overrides_in, same_choice
from digest.issues.rendered import Renderer, content_of
from digest.issues.rows import IssueRow
from digest.issues.store import find_issue
from digest.issues.values import IssueContent
from digest.preview.faults import Fault, hollow
from digest.preview.lacking import lacking
from digest.rendering.values import RenderedEmail
from digest.rendering.view import issue_view
from digest.week import Week

# Makes the whole message a sample reader would get: (e-mail, week) → bytes.
ComposeSample = Callable[[RenderedEmail, Week], bytes]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the preview. ``html`` and ``text`` are read back out of ``message``.

    ``fault`` is set when the files as they stand cannot be rendered; the rest is then the last good state, or
    empty when there was none. A fault that is not stale goes with what the files say, which is wrong.
    ``note`` says where the issue stands.
    """

    version: int = 0
    fault: Fault | None = None
    note: str = ""
    email: RenderedEmail | None = None
    message: bytes = b""
    html: str = ""
    text: str = ""
    content: IssueContent | None = None

    @property
    def error(self) -> str | None:
        """The fault in a line."""
        return None if self.fault is None else str(self.fault)


@dataclass(frozen=True, slots=True)
class _Rendered:
    """An e-mail, what it says as deep as it shows it, and where it stands; ``fresh`` unless it is frozen."""

    email: RenderedEmail
    content: IssueContent
    note: str
    fresh: bool = True


class PreviewSource:
    """Renders one week's issue whenever it is told that something changed; safe to call from any thread."""

    def __init__(
        self,
        database: Database,
        renderer: Renderer,
        compose: ComposeSample,
        clock: Clock,
        *,
        week: Week,
        desk: Desk,
    ) -> None:
        self._database = database
        self._renderer = renderer
        self._compose = compose
        self._clock = clock
        self._week = week
        self._desk = desk
        self._lock = threading.Lock()
        self.snapshot = Snapshot()

    def refresh(self, catalogue_files: Collection[Path] = ()) -> Snapshot:
        """Import the catalogue files that were saved, render again, and return the new state.

        A file an editor has just saved is meant: it replaces what its listing said before.
        """
        with self._lock:
            self.snapshot = replace(self._made(catalogue_files), version=self.snapshot.version + 1)
            return self.snapshot

    def adopt(self, renderer: Renderer, compose: ComposeSample, desk: Desk) -> None:
        """Render with other settings from now on."""
        with self._lock:
            self._renderer, self._compose, self._desk = renderer, compose, desk

    def refuse(self, error: DigestError) -> Snapshot:
        """Return the last state with ``error``: something that was saved cannot even be tried."""
        with self._lock:
            last = self.snapshot
            self.snapshot = replace(last, version=last.version + 1, fault=Fault.of(error))
            return self.snapshot

    def look_again(self) -> Snapshot:
        """Render again, and return the new state if that made a difference, else the one there is."""
        with self._lock:
            last = self.snapshot
            made = self._made()
            if last.version == 0 or made != last:
                self.snapshot = replace(made, version=last.version + 1)
            return self.snapshot

    def _made(self, catalogue_files: Collection[Path] = ()) -> Snapshot:
        """Return the state as it is now, under the last one's version."""
        last = self.snapshot
        try:
            if catalogue_files:
                self._import(catalogue_files)
            made = self._render()
            message = self._compose(made.email, self._week)
            html, text = bodies_of(message)
            # What is frozen can no longer be mended.
            fault = self._hollow(made.content, html, text) if made.fresh else None
        except DigestError as error:
            return replace(last, fault=Fault.of(error))
        return Snapshot(last.version, fault, made.note, made.email, message, html, text, made.content)

    def catalogue_sources(self) -> list[Path]:
        """Return the files the catalogue's tools came from, as far as they are still there."""
        with self._database.reading() as session:
            paths = [Path(source) for source in catalogue.sources(session)]
        return [path.resolve() for path in paths if path.is_file()]

    @property
    def overrides_file(self) -> Path:
        """Where an editor's word on the week is, or would be."""
        return overrides_file(self._desk.folder, self._week)

    def _import(self, files: Collection[Path]) -> None:
        now, today = self._clock.now(), self._desk.today(self._clock.now())
        there = sorted(path for path in files if path.is_file())
        if there:
            with self._database.writing() as session:
                import_paths(
                    session,
                    there,
                    rules=self._desk.rules(today),
                    published=today,
                    now=now,
                    update=True,
                )

    def _hollow(self, content: IssueContent, html: str, text: str) -> Fault | None:
        """Return what the bodies leave out of the issue, as a fault."""
        renderer = self._renderer
        view = issue_view(content, renderer.identity, "", date=renderer.date_of(content.week))
        left_out = lacking(view, html, text)
        return hollow(left_out, renderer.templates) if left_out else None

    def _render(self) -> _Rendered:
        with self._database.reading() as session:
            issue = find_issue(session, self._week)
            if issue is None or not issue.matchups:
                return self._planned(session)
            if issue.frozen_at is None:
                return self._draft(session, issue)
            ignored = ignored_file(session, issue, self._desk)
            note = f"{issue.status}; frozen when it was approved" + (
                f"; {ignored} is ignored" if ignored else ""
            )
            content = content_of(session, issue, self._desk.panel)
            return _Rendered(self._renderer.render(session, issue), content, note, fresh=False)

    def _planned(self, session: Session) -> _Rendered:
        day = self._desk.day_of(self._week, self._desk.today(self._clock.now()))
        overrides = overrides_in(session, self._desk.folder, self._week)
        plan = plan_from(session, self._week, self._desk, as_of=day, overrides=overrides)
        if plan.content is None:
            raise TooFewTools(f"{self._week} has no matchup yet: {none_because(plan)}")
        content, email = self._renderer.fitted(plan.content)
        return _Rendered(email, content, "not built yet; this is what would be built now")

    def _draft(self, session: Session, issue: IssueRow) -> _Rendered:
        """Render a draft's own pairs with the words of the file as it stands, and say how far that goes."""
        overrides = overrides_in(session, self._desk.folder, self._week)
        built_with = from_stored(issue.overrides)
        note = str(issue.status)
        if overrides != built_with:
            what = "its words" if same_choice(overrides, built_with) else "its words, but not yet its pairs"
            note += f"; shown with {what} of {self.overrides_file}: take it in with digest issue build"
        content, email = self._renderer.fitted(content_of(session, issue, self._desk.panel, overrides))
        return _Rendered(email, content, note)
