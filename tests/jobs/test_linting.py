import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.catalogue.feeds.fetching import Fetcher
from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.desk import Desk
from digest.errors import DigestError
from digest.issues.building import build_issue
from digest.settings import Brand, IssueSettings, LintSettings, MailSettings, Settings, WebSettings
from digest.week import Week
from jobs.cli.issue import issue
from jobs.linting import lint_issue
from tests.stock import NOW, stock_pair
from tests.websites import serving_site

WEEK = Week.parse("2026-W47")
BASE = "https://digest.example.com"
Lint = Callable[..., Result]


@pytest.fixture
def lint(database: Database, tmp_path: Path) -> Lint:
    """Build the week's issue with an editor's file, then run a command on it."""

    def run(decided: str, *words: str, silence: tuple[str, ...] = ()) -> Result:
        settings = Settings(
            web=WebSettings(base_url=BASE),
            issue=IssueSettings(path=tmp_path),
            brand=Brand(address="Weekly Verdicts, 12 Rue des Essais, 75011 Paris"),
            mail=MailSettings(from_address="digest@weekly-verdicts.dev"),
            lint=LintSettings(silence=silence),
        )
        (tmp_path / f"{WEEK}.yaml").write_text(decided)
        with database.writing() as session:
            stock_pair(session)
            build_issue(session, WEEK, Desk.of(settings), FixedClock(NOW))
        app = App(settings, FixedClock(NOW), lambda settings: database)
        return CliRunner().invoke(issue, [*words, "--week", str(WEEK)], obj=app)

    return run


def test_an_ordinary_issue_has_nothing_to_mend(lint: Lint) -> None:
    result = lint("", "lint")
    assert (result.exit_code, result.output) == (0, "2026-W47  nothing to mend\n")


def test_a_dead_link_to_our_own_pages_is_an_error_and_exits_with_3(lint: Lint) -> None:
    result = lint(f"intro: See [the archive]({BASE}/isues/).", "lint", "--json")
    assert isinstance(result.exception, DigestError)
    assert result.exception.exit_code == 3
    found = json.loads(result.output)
    assert [(one["rule"], one["where"]) for one in found["findings"]] == [("link-status", f"{BASE}/isues/")]


def test_a_page_that_is_there_is_no_finding(lint: Lint) -> None:
    assert lint(f"intro: See [the archive]({BASE}/issues/).", "lint").exit_code == 0


def test_what_readers_would_stumble_over_keeps_an_issue_from_being_approved(lint: Lint) -> None:
    result = lint("subject: 'Re: the two of them, again'", "approve")
    assert isinstance(result.exception, DigestError)
    assert result.exception.exit_code == 3
    assert "has 1 error: subject-honest" in str(result.exception)


def test_a_dead_link_to_our_own_pages_keeps_an_issue_from_being_approved(lint: Lint) -> None:
    result = lint(f"intro: See [who we are]({BASE}/about-us).", "approve")
    assert isinstance(result.exception, DigestError)
    assert result.exception.exit_code == 3
    assert f"link-status: {BASE}/about-us: our own page answers 404" in str(result.exception)


async def to_this_machine(host: str, port: int) -> list[str]:
    del host, port
    return ["127.0.0.1"]


def test_online_never_asks_a_private_address_whatever_its_name(lint: Lint, database: Database) -> None:
    settings = Settings(web=WebSettings(base_url=BASE))
    app = App(settings, FixedClock(NOW), lambda settings: database)
    with serving_site() as site:
        where = f"http://rebound.example.org:{site.port}/"
        lint(f"intro: See [the others]({where}).", "lint")
        report = lint_issue(app, WEEK, online=True, fetcher=Fetcher(look_up=to_this_machine))
        assert site.asked == []
    assert where in [finding.where for finding in report.findings if finding.rule == "link-host"]


def test_a_silenced_rule_stands_in_nobodys_way(lint: Lint) -> None:
    result = lint("subject: 'Re: the two of them, again'", "approve", silence=("subject-honest",))
    assert "approved" in result.output
