"""What a browser looks at: this week's issue, a past one, a scenario or a notice, as one reader gets it."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, replace

from digest.db import Database
from digest.errors import DigestError, NotFound
from digest.frames import LANGUAGES
from digest.issues.editions import (
    MAIN,
    Segment,
    edition_name,
    edition_of,
    edition_title,
    frozen_edition,
    frozen_editions,
)
from digest.issues.files import bodies_of
from digest.issues.rendered import Renderer, content_of
from digest.issues.store import find_issue, former_words, get_issue, issues_before
from digest.issues.values import IssueContent, Status
from digest.preview.changes import Changes, changes
from digest.preview.faults import Fault
from digest.preview.scenarios import find_scenario
from digest.preview.source import PreviewSource
from digest.preview.surroundings import NAMELESS, SAMPLE, Surroundings
from digest.preview.weights import Weights, weights
from digest.rendering.issue import render_issue
from digest.rendering.slots import sentinel_for
from digest.rendering.values import RenderedEmail
from digest.week import Week

# So many states are kept: one for each thing that editors have open beside each other.
_KEPT = 8
_WEEKS = 52


@dataclass(frozen=True, slots=True)
class Choice:
    """What to show, and as whom.

    ``kind`` is issue, edition (of this week's issue), week, scenario or mail; ``name`` which of its kind.
    """

    kind: str = "issue"
    name: str = ""
    reader: str = SAMPLE

    @classmethod
    def of(cls, show: str, reader: str) -> Choice:
        """Return the choice that a page's address tells: ``issue``, ``edition:de-2``, ``week:2026-W46``."""
        kind, _, name = (show or "issue").partition(":")
        return cls(kind, name, reader)


@dataclass(frozen=True, slots=True)
class Showing:
    """One state of what was chosen; ``html`` and ``text`` are read back out of ``message``.

    ``content`` is None for what is no issue, ``email`` for what nobody is sent. ``fault`` tells what is
    wrong; the rest is then the last good state, or empty when there was none.
    """

    version: int
    note: str = ""
    email: RenderedEmail | None = None
    content: IssueContent | None = None
    message: bytes = b""
    html: str = ""
    text: str = ""
    fault: Fault | None = None


class Showroom:
    """Answers what each choice looks like now; safe to call from any thread."""

    def __init__(
        self, source: PreviewSource, database: Database, renderer: Renderer, around: Surroundings, week: Week
    ) -> None:
        self.source = source
        self.around = around
        self.renderer = renderer
        self.week = week
        self._database = database
        self._kept: OrderedDict[Choice, Showing] = OrderedDict()
        self._lock = threading.Lock()

    def adopt(self, renderer: Renderer, around: Surroundings) -> None:
        """Show with other settings from now on."""
        with self._lock:
            self.renderer, self.around = renderer, around

    def show(self, choice: Choice) -> Showing:
        """Return the choice as the files stand; rendered once for each state of them.

        Raises NotFound for a choice that there is not.
        """
        with self._lock:
            version = self.source.snapshot.version
            last = self._kept.get(choice)
            if last is None or last.version != version:
                last = self._shown(choice, version, last or Showing(0))
                self._kept[choice] = last
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(choice)
            return last

    def send_test(self, choice: Choice, address: str) -> None:
        """Send what is shown to ``address``; its links lead to nobody.

        Raises what ``Surroundings`` raises, and DigestError where nothing was rendered yet.
        """
        if choice.kind == "mail":
            message = self.around.mail(choice.name, choice.reader, address)[1]
        else:
            shown = self.show(choice)
            if shown.email is None:
                raise DigestError(f"there is nothing to send: {_why_not(shown)}")
            message = self.around.compose(
                shown.email, self._week_of(choice), self._reader_of(choice), address
            )
        self.around.deliver(message, address)

    def changed(self, choice: Choice) -> Changes | None:
        """Return what changed since the issue before the one that is shown; None without one."""
        content = self.show(choice).content
        if content is None or not content.matchups:
            return None
        with self._database.reading() as session:
            for row in issues_before(session, str(content.week), _WEEKS):
                if row.matchups and row.status not in (Status.CANCELLED, Status.MISSED):
                    return changes(content_of(session, row, content.panel), content)
        return None

    def weighed(self, choice: Choice) -> Weights | None:
        """Return what the issue's matchups cost at each depth; None for what has none."""
        content = self.show(choice).content
        if content is None or not content.matchups:
            return None
        return weights(content, self._weight)

    def weeks(self) -> list[tuple[str, str]]:
        """Return (week, status) of the issues before this week's, the latest first."""
        with self._database.reading() as session:
            rows = issues_before(session, str(self.week), _WEEKS)
            return [(row.week, row.status) for row in rows if row.matchups]

    def editions(self) -> list[tuple[str, str, int]]:
        """Return (name, title, readers) of the editions beside this week's issue, the most read first.

        Of a draft each language is among them, be it that nobody chose it yet; of an approved issue what was
        frozen, and what readers chose since; of a started one what was frozen, with its deliveries.
        """
        content = self.source.snapshot.content
        if content is None:
            return []
        with self._database.reading() as session:
            issue = find_issue(session, self.week)
            frozen = None if issue is None or not issue.frozen_at else frozen_editions(session, issue)
        if frozen is not None and issue is not None and issue.started_at:
            sent = self.around.deliveries(self.week)
            counted = Counter({name: sent.get(number, 0) for name, number in frozen.items()})
        else:
            counted = Counter(dict.fromkeys(LANGUAGES if frozen is None else frozen, 0))
            for chosen, readers in self.around.segments().items():
                counted[edition_name(content, Segment.of(*chosen))] += readers
        return [
            (name, edition_title(name), readers) for name, readers in counted.most_common() if name != MAIN
        ]

    def _shown(self, choice: Choice, version: int, last: Showing) -> Showing:
        try:
            return self._made(choice, version)
        except NotFound:
            raise
        except DigestError as error:
            return replace(last, version=version, fault=Fault.of(error))

    def _made(self, choice: Choice, version: int) -> Showing:
        snapshot = self.source.snapshot
        if choice.kind == "mail":
            return self._composed(version, "", *self._notice(choice))
        if choice.kind == "issue":
            if snapshot.email is None or choice.reader == SAMPLE:
                return Showing(
                    version,
                    snapshot.note,
                    snapshot.email,
                    snapshot.content,
                    snapshot.message,
                    snapshot.html,
                    snapshot.text,
                    snapshot.fault,
                )
            message = self.around.compose(snapshot.email, self.week, choice.reader)
            showing = self._composed(version, snapshot.note, snapshot.email, snapshot.content, message)
            return replace(showing, fault=snapshot.fault)
        other, content, note = self._other(choice)
        if other is None:
            return Showing(version, note, content=content)
        message = self.around.compose(other, self._week_of(choice), self._reader_of(choice))
        return self._composed(version, note, other, content, message)

    def _notice(self, choice: Choice) -> tuple[RenderedEmail, None, bytes]:
        email, message = self.around.mail(choice.name, choice.reader)
        return email, None, message

    def _other(self, choice: Choice) -> tuple[RenderedEmail | None, IssueContent | None, str]:
        """Return e-mail, content and note of what is not this week's issue; no e-mail where none is sent."""
        if choice.kind == "week":
            return self._past(Week.parse(choice.name))
        if choice.kind == "edition":
            return self._edition(choice.name)
        if choice.kind == "scenario":
            return self._scenario(choice.name)
        raise NotFound(f"there is nothing to show as {choice.kind}")

    def _composed(
        self, version: int, note: str, email: RenderedEmail, content: IssueContent | None, message: bytes
    ) -> Showing:
        html, text = bodies_of(message)
        return Showing(version, note, email, content, message, html, text)

    def _past(self, week: Week) -> tuple[RenderedEmail, IssueContent, str]:
        with self._database.reading() as session:
            issue = get_issue(session, week)
            content = content_of(session, issue, self.renderer.desk.panel)
            frozen = "; the bytes that were frozen" if issue.frozen_at else ""
            return self.renderer.render(session, issue), content, f"{issue.status}{frozen}"

    def _edition(self, name: str) -> tuple[RenderedEmail, IssueContent, str]:
        """Return an edition: the frozen bytes where there are any, else made of what the issue says now."""
        present, title = self.source.snapshot, edition_title(name)
        if present.content is None:
            raise DigestError(f"there is no issue to make an edition of: {present.error}")
        with self._database.reading() as session:
            content = edition_of(present.content, name, former_words(session, self.week))
            issue = find_issue(session, self.week)
            number = frozen_editions(session, issue).get(name) if issue is not None else None
            if number is not None:
                return frozen_edition(session, number), content, f"{title}; the bytes that were frozen"
        content, email = self.renderer.fitted(content)
        return email, content, f"{title}; as it would be frozen now"

    def _scenario(self, name: str) -> tuple[RenderedEmail | None, IssueContent, str]:
        scenario = find_scenario(name)
        if scenario is None:
            raise NotFound(f"there is no scenario {name}")
        present = self.source.snapshot
        if present.content is None:
            raise DigestError(f"there is no issue to change: {present.error}")
        content = scenario.make(present.content)
        if not content.matchups:
            return None, content, "An empty week sends nothing: there is no issue, and no reader hears of it."
        content, email = self.renderer.fitted(content)
        return email, content, "a scenario, made of this week’s issue"

    def _week_of(self, choice: Choice) -> Week:
        return Week.parse(choice.name) if choice.kind == "week" else self.week

    def _reader_of(self, choice: Choice) -> str:
        scenario = find_scenario(choice.name) if choice.kind == "scenario" else None
        return NAMELESS if scenario and scenario.nameless else choice.reader

    def _weight(self, content: IssueContent) -> int:
        return len(self._rendered(content).html.encode())

    def _rendered(self, content: IssueContent) -> RenderedEmail:
        """Render the content at the very depths it has, however large that comes out."""
        return render_issue(
            content,
            self.renderer.identity,
            sentinel_for(self.renderer.secret, str(content.week)),
            date=self.renderer.date_of(content.week),
            templates=self.renderer.templates,
        )


def _why_not(shown: Showing) -> str:
    return shown.fault.message if shown.fault else shown.note or "nothing is rendered yet"
