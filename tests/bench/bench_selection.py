"""How long a week's plan takes as the catalogue grows, and how good the pairs of a large category are.

Each size is measured in a process of its own, from opening the database to the plan, imports included.
Sizes can be given: ``bench_selection.py 1000 10000``.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from digest.catalogue.rows import ComparisonRow, TakeRow, ToolRow
from digest.catalogue.values import Tool
from digest.db import Database
from digest.issues.building import plan_from
from digest.issues.rows import IssueRow, MatchupRow
from digest.issues.store import NEWSLETTER
from digest.issues.values import Status
from digest.week import Week
from jobs.migrations import upgrade
from tests.factories import DESK, FRIDAY, REVIEWERS, tool

SIZES = (1_000, 10_000, 100_000)
MOST_NEW = 2_000
CATEGORIES = 12
PER_ISSUE = 40
ONE_CATEGORY = (100, 200, 500, 800)
WEEK = Week.of(FRIDAY)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Market:
    """Makes tools up, the same ones for the same seed: each speaks half of its category's own words."""

    def __init__(self, seed: int, categories: int = CATEGORIES) -> None:
        self._random = random.Random(seed)
        self._names = self._words(20_000)
        self._common = self._words(400)
        self._own = [self._words(150) for _ in range(categories)]

    def _words(self, count: int) -> list[str]:
        syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
        return ["".join(self._random.choices(syllables, k=self._random.randint(2, 4))) for _ in range(count)]

    def tool(self, number: int, published_on: date) -> Tool:
        category = self._random.randrange(len(self._own))
        return tool(
            f"{' '.join(self._random.choices(self._names, k=2)).title()} {number}",
            *self._random.choices(range(30, 100), k=4),
            slug=f"tool-{number}",
            category=f"Category {category}",
            tagline=self._sentence(category, 7),
            description=self._sentence(category, 30),
            price_tier=self._random.choice(["Free", "Freemium", "Paid", "Trial", None]),
            published_on=published_on,
        )

    def this_week(self, count: int, first: int = 0) -> Iterator[Tool]:
        for number in range(first, first + count):
            yield self.tool(number, FRIDAY - timedelta(number % 7))

    def _sentence(self, category: int, length: int) -> str:
        own = self._random.choices(self._own[category], k=length // 2)
        return " ".join(own + self._random.choices(self._common, k=length - length // 2))


def stock(session: Session, size: int) -> None:
    """Store ``size`` tools: a fifth of them new, MOST_NEW at most, all others in issues of the past."""
    market = Market(seed=size)
    new = min(MOST_NEW, size // 5)
    issues = -(-(size - new) // (2 * PER_ISSUE))
    weeks = [str(WEEK.plus(back - issues)) for back in range(issues)]
    session.execute(
        insert(IssueRow),
        [
            {
                "id": at,
                "newsletter": NEWSLETTER,
                "week": week,
                "status": Status.SENT,
                "seed": 0,
                "built_at": NOW,
            }
            for at, week in enumerate(weeks, start=1)
        ],
    )
    for start in range(0, size - new, 5_000):
        numbers = range(start, min(start + 5_000, size - new))
        store(session, [market.tool(at, WEEK.plus(at // (2 * PER_ISSUE) - issues).day(2)) for at in numbers])
    store(session, list(market.this_week(new, first=size - new)))
    session.execute(insert(MatchupRow), list(past_pairs(size - new)))
    session.execute(
        insert(ComparisonRow),
        [{"left_id": at, "right_id": at + 1, "source": "bench"} for at in range(1, size, 10)],
    )


def store(session: Session, tools: Sequence[Tool]) -> None:
    plain = ("slug", "name", "category", "tagline", "description", "price_tier", "published_on")
    ids = [int(one.slug.removeprefix("tool-")) + 1 for one in tools]
    always = {"source": "bench", "imported_at": NOW, "updated_at": NOW}
    session.execute(
        insert(ToolRow),
        [
            {"id": at, "name_key": one.name.casefold(), **{key: getattr(one, key) for key in plain}, **always}
            for at, one in zip(ids, tools, strict=True)
        ],
    )
    takes = [
        {
            "tool_id": at,
            "position": place,
            "reviewer": REVIEWERS[place],
            "score": take.score,
            "verdict": take.verdict,
            "text": take.text,
        }
        for at, one in zip(ids, tools, strict=True)
        for place, take in enumerate(one.takes)
    ]
    session.execute(insert(TakeRow), takes)


def past_pairs(featured: int) -> Iterator[dict[str, int]]:
    for pair in range(featured // 2):
        issue, place = divmod(pair, PER_ISSUE)
        yield {
            "issue_id": issue + 1,
            "position": place + 1,
            "left_id": 2 * pair + 1,
            "right_id": 2 * pair + 2,
        }


def measure(url: str) -> dict[str, Any]:
    """Return what one plan takes; run in a process that did nothing before."""
    started = perf_counter()
    database = Database(url)
    with database.reading() as session:
        content = plan_from(session, WEEK, DESK, as_of=WEEK.day(6)).content
    assert content is not None
    return {
        "seconds": perf_counter() - started,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "matchups": len(content.matchups),
    }


def growth(sizes: Sequence[int]) -> None:
    print(f"{'tools':>8}{'new':>7}{'seconds':>9}{'peak MB':>9}{'matchups':>10}")
    for size in sizes:
        with TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'bench.db'}"
            database = Database(url)
            upgrade(database)
            with database.writing() as session:
                stock(session, size)
            database.close()
            command = [sys.executable, "-m", "tests.bench.bench_selection", "--measure", url]
            found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        print(
            f"{size:8,}{min(MOST_NEW, size // 5):7,}{found['seconds']:9.2f}{found['peak']:9.0f}"
            f"{found['matchups']:10}",
            flush=True,
        )


def exactness(sizes: Sequence[int]) -> None:
    """Print how much of the exact optimum the pairs of one category reach."""
    from digest.matching import EXACT_UP_TO, PARTNERS_EACH, Table, draw_lots
    from digest.weighing import Scale

    print(f"\n{'one category':>12}{'exact, s':>10}{f'best {PARTNERS_EACH}, s':>12}{'of exact':>10}  used")
    for size in sizes:
        tools = list(Market(seed=size, categories=1).this_week(size))
        scale, lots = Scale(tools, as_of=FRIDAY), draw_lots([one.slug for one in tools], seed=0)
        totals, seconds = [], []
        for exact_up_to in (size, 0):
            started = perf_counter()
            pairs = Table(scale, {}, (), lots, exact_up_to).best_pairs(list(range(size)), [])
            seconds.append(perf_counter() - started)
            assert len(pairs) == size // 2
            totals.append(sum(points for _, _, points in pairs))
        used = "exact" if size <= EXACT_UP_TO else f"best {PARTNERS_EACH}"
        share = totals[1] / totals[0]
        print(f"{size:12,}{seconds[0]:10.2f}{seconds[1]:12.2f}{share:10.4%}  {used}", flush=True)


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["--measure"]:
        print(json.dumps(measure(arguments[1])))
        return
    growth([int(size) for size in arguments] or SIZES)
    exactness(ONE_CATEGORY)


if __name__ == "__main__":
    main(sys.argv[1:])
