"""From tools to a message: what an edition costs, step by step, and how many different ones a minute holds.

Beside it npm's mjml on the same MJML, if it is there: ``npm install --prefix .mailreaders mjml@4``. How soon
a saved template is on the screen is measured by ``bench_preview.py``.

All of it computes and waits for nothing, so the processor's time is counted: other work disturbs it less.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from time import process_time
from types import ModuleType
from typing import Any
from unittest.mock import patch

import mjml

from digest.catalogue.values import Tool
from digest.issues.planning import plan_issue
from digest.rendering import compile as compiling
from digest.rendering import mail as mailing
from digest.rendering.edition import Edition, Personal
from digest.rendering.issue import render_issue
from digest.rendering.mail import INLINE_CSS
from digest.rendering.slots import BODY_SLOTS
from digest.rendering.values import RenderedEmail
from digest.templating import template_environment
from tests.digest.rendering.samples import IDENTITY, SENTINEL, WEEK
from tests.factories import FRIDAY, PANEL, REVIEWERS, take, tool

ROUNDS, EDITIONS, MATCHUPS = 30, 1000, 6
NODE_MODULES = Path(__file__).parents[2] / ".mailreaders" / "node_modules"
# The parts of a rendering, by the name each is called by where.
STEPS: tuple[tuple[str, ModuleType, str], ...] = (
    ("Jinja", mailing, "_run"),
    ("lint of the MJML", compiling, "lint"),
    ("MJML", mjml, "mjml2html"),
    ("inline", compiling, "inline"),
    ("tighten", compiling, "tighten"),
    ("tighten", compiling, "wrap"),
)
READER = Personal(
    "reader@example.com",
    "Ann Lee",
    "<weekly.2026-W47.1@example.com>",
    datetime(2026, 11, 20, 9, tzinfo=UTC),
    **dict.fromkeys(BODY_SLOTS, "t" * 60),
)
NPM = """
const mjml2html = require(process.argv[1] + "/mjml");
const { sources, rounds } = JSON.parse(require("fs").readFileSync(0, "utf8"));
(async () => {
  const figures = [];
  for (const source of sources) {
    const times = [];
    for (let round = 0; round < rounds; round++) {
      const begin = process.cpuUsage();
      await mjml2html(source);
      const { user, system } = process.cpuUsage(begin);
      times.push((user + system) / 1000);
    }
    figures.push(times);
  }
  console.log(JSON.stringify(figures));
})();
"""


@dataclass(frozen=True, slots=True)
class Made:
    """One issue all the way: its e-mail, edition and a reader's message."""

    email: RenderedEmail
    edition: Edition
    message: bytes


class Watch:
    """Milliseconds of the processor for each step, one figure a round."""

    def __init__(self) -> None:
        self.rounds: list[dict[str, float]] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what the block takes as ``name``'s, in the round that runs."""
        begin = process_time()
        yield
        self.rounds[-1][name] += 1000 * (process_time() - begin)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Count the steps inside a rendering too while the block runs."""
        with ExitStack() as patches:
            for name, module, function in STEPS:
                timed = self._timed(name, getattr(module, function))
                patches.enter_context(patch.object(module, function, timed))
            yield

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*values: Any, **named: Any) -> Any:
            with self.step(name):
                return function(*values, **named)

        return timed


def tools_of(edition: int) -> list[Tool]:
    """Return the tools of six matchups, whose words and figures are this edition's own."""
    return [
        tool(
            f"Tool {edition}-{number}",
            category=f"Category {number // 2}",
            tagline=f"Does {edition + number} things at once, and says which of them it cannot do",
            pricing=f"Free up to {edition} pages, then {number + 3} a month",
            best_for=f"Teams of {number + 2} who read {edition} pages a week",
            takes=tuple(
                take(
                    reviewer,
                    (37 * edition + 13 * number + 7 * place) % 101,
                    f"The {reviewer} gave tool {number} of edition {edition} a day of work, wrote down where "
                    "it stopped, and started it again in the morning.",
                )
                for place, reviewer in enumerate(REVIEWERS)
            ),
        )
        for number in range(2 * MATCHUPS)
    ]


def make(tools: list[Tool], watch: Watch) -> Made:
    """Plan, render and compile an issue of these tools, and fill it for one reader."""
    watch.rounds.append(defaultdict(float))
    with watch.step("whole"):
        with watch.step("plan"):
            plan = plan_issue(
                WEEK,
                tools,
                panel=PANEL,
                featured=(),
                met=(),
                compared=(),
                as_of=FRIDAY,
                size=MATCHUPS,
                min_takes=1,
            )
        assert plan.content is not None
        assert len(plan.content.matchups) == MATCHUPS
        with watch.step("e-mail"):
            email = render_issue(plan.content, IDENTITY, SENTINEL, date=FRIDAY)
        with watch.step("compile slots (MIME)"):
            edition = Edition.compile(email, IDENTITY)
        with watch.step("message"):
            message = edition.message(READER)
    return Made(email, edition, message)


def one_issue() -> Made:
    """Print what the same issue takes in each step, warm; return it."""
    tools = tools_of(1)
    make(tools, Watch())
    whole, split = Watch(), Watch()
    for _ in range(ROUNDS):
        made = make(tools, whole)
    with split.inside():
        for _ in range(ROUNDS):
            make(tools, split)
    print(f"{MATCHUPS} matchups, {len(made.email.html.encode()):,} bytes of HTML, warm, {ROUNDS} rounds")
    print(f"{'what':44}{'median ms':>10}{'p90 ms':>10}")
    row("build → HTML → MIME (aim: 60)", figures(whole, "whole"))
    row("  plan", figures(whole, "plan"))
    row("  e-mail", figures(whole, "e-mail"))
    for name in dict.fromkeys(name for name, _, _ in STEPS):
        row(f"    {name}", figures(split, name))
    row("  compile slots (MIME)", figures(whole, "compile slots (MIME)"))
    row("  message for one reader", figures(whole, "message"))
    return made


def many_editions() -> None:
    """Print how many different editions are made in a minute on one core."""
    seen = set()
    begin = process_time()
    for number in range(EDITIONS):
        seen.add(make(tools_of(number), Watch()).email.content_hash)
    seconds = process_time() - begin
    assert len(seen) == EDITIONS
    print(f"{EDITIONS:,} different editions: {60 * EDITIONS / seconds:,.0f} a minute (aim: 1,000)")


def beside_npm(mjml_source: str) -> None:
    """Print what npm's mjml takes for the same MJML, alone and with our rules inlined, or why it does not."""
    node = shutil.which("node")
    if node is None or not (NODE_MODULES / "mjml").is_dir():
        print("npm's mjml is not there; npm install --prefix .mailreaders mjml@4 puts it there")
        return
    css = template_environment("email").get_template(INLINE_CSS).render(brand=IDENTITY)
    inlined = mjml_source.replace("</mj-head>", f'<mj-style inline="inline">{css}</mj-style></mj-head>', 1)
    asked = json.dumps({"sources": [mjml_source, inlined], "rounds": ROUNDS + 1})
    done = subprocess.run(
        [node, "-e", NPM, str(NODE_MODULES)], input=asked, capture_output=True, text=True, check=True
    )
    alone, with_rules = (times[1:] for times in json.loads(done.stdout))
    row("npm mjml, beside MJML", alone)
    row("npm mjml with inlining, beside MJML + inline", with_rules)


def figures(watch: Watch, name: str) -> list[float]:
    """Return the milliseconds of one step, a figure for each round."""
    return [one[name] for one in watch.rounds]


def row(what: str, times: list[float]) -> None:
    """Print one line of the table."""
    print(f"{what:44}{median(times):10.2f}{quantiles(times, n=10)[-1]:10.2f}")


def main() -> None:
    made = one_issue()
    beside_npm(made.email.mjml)
    many_editions()


if __name__ == "__main__":
    main()
