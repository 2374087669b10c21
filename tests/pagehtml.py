"""The pages of `tests.pagetext` as HTML, in the ways in which people and site builders write such a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain

from digest.catalogue.values import Take, Tool
from digest.panel import paired_takes
from tests.factories import PANEL
from tests.pagetext import BOX, FURNITURE, card_lines, cell_text, compact_cells, heading_lines, table_lines

_LABELS = ("Panel ship", "Community", "Entry")


@dataclass(frozen=True, slots=True)
class Markup:
    """A way to write the parts of a page.

    ``card`` takes category, name, tagline, the figures with their labels and the description; ``row`` the
    cells of the decision table; ``take`` a score, or None, and a text; ``reviewer`` a name and two takes.
    """

    card: Callable[[Sequence[str], Sequence[Sequence[str]], str], str]
    table: Callable[[Sequence[Sequence[str]]], str]
    take: Callable[[str | None, str], str]
    reviewer: Callable[[str, str, str], str]


def html_page(left: Tool, right: Tool, markup: Markup, *, labelled: bool) -> str:
    """Return the body of a page in one of the two layouts."""
    heading = "<p>{}</p>\n<h1>{}</h1>\n<p>{}</p>\n".format(*map(escape, heading_lines(left, right)))
    cards = "\n".join(_card(one, markup, labelled=labelled) for one in (left, right))
    parts = [heading, cards, _labelled(left, right, markup) if labelled else _compact(left, right, markup)]
    box = "<aside>\n<h2>{}</h2>\n<p>{}</p>\n<p>{}</p>\n<form><input><button>Join</button></form>\n</aside>\n"
    return "<main>\n" + "\n".join(parts) + "\n</main>\n" + box.format(*map(escape, BOX))


def saved(body: str) -> str:
    """Return a page as a browser saves it: with all that stands around, and is not to be seen."""
    decoy = "<p>AI tool comparison</p><p>A vs B</p><h2>Reviewer scorecard</h2>"
    furniture = "".join(f"<p>{escape(line)}</p>\n" for line in FURNITURE)
    return f"""<!DOCTYPE html>
<!-- saved from url=(0042)https://example.com/compare/lantern-vs-loupe -->
<html lang="en"><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<title>AI tool comparison</title>
<style>p::before {{ content: "</p>" }} .none {{ display: none }}</style>
<script>self.page = "{decoy}"; if (1 < 2) document.write("<p>Decision</p>");</script>
<link rel="stylesheet" href="page_files/a.css"></head>
<body class="dark"><noscript><p>AI tool comparison</p></noscript>
<nav><ul><li><a href="/">AI tool comparison</a></li><li>Decision</li></ul></nav>
<div role="dialog" aria-label="Cookies"><p>We use cookies.</p><button>Reject</button></div>
<div hidden="">{decoy}</div><div style="color: red; display:none">{decoy}</div>
<template>{decoy}</template><svg><title>Decision</title><text>AI tool comparison</text></svg>
<div id="root">{body}</div>
<footer>{furniture}<!-- {decoy} --></footer>
<script type="application/json">{{"takes": ["{decoy}"]}}</script>
</body></html>
"""


def _card(one: Tool, markup: Markup, *, labelled: bool) -> str:
    category, name, tagline, *foot, description = map(escape, card_lines(one, labelled=labelled))
    figures: list[list[str]] = [[]]
    for line in foot:
        figures[-1].append(line)
        if line in _LABELS:
            figures.append([])
    initial = f"<div class='logo'>{escape(one.name[0])}</div>\n" if labelled else ""
    return initial + markup.card((category, name, tagline), figures[:-1], description)


def _labelled(left: Tool, right: Tool, markup: Markup) -> str:
    lines = [escape(line) for line in table_lines(left, right)]
    rows = [lines[at : at + 3] for at in range(0, len(lines), 3)]
    parts = [markup.table(rows), "<h2>Reviewer scorecard</h2>"]
    for reviewer, *takes in paired_takes(left, right, PANEL):
        cells = (_cell(take, markup) for take in takes)
        parts.append(markup.reviewer(escape(reviewer), *cells))
    return "\n".join(parts)


def _cell(take: Take | None, markup: Markup) -> str:
    score, _, text = escape(cell_text(take)).partition("\n\n")
    return markup.take(score, text)


def _compact(left: Tool, right: Tool, markup: Markup) -> str:
    quotes = "\n".join(markup.take(None, escape(cell)) for cell in compact_cells(left, right))
    return f"<h2>Reviewer scorecard</h2>\n<div class='grid'>\n{quotes}\n</div>"


def _spans(lines: Iterable[str]) -> str:
    return " ".join(f"<span class='x'>{line}</span>" for line in lines)


def _paragraphs(lines: Iterable[str]) -> str:
    return "".join(f"<p>{line}</p>\n" for line in lines)


def _in_paragraphs(score: str | None, text: str) -> str:
    return _paragraphs([line for line in (score, text) if line])


def _section_card(head: Sequence[str], figures: Sequence[Sequence[str]], description: str) -> str:
    category, name, tagline = head
    foot = "".join(
        f"<li>{_spans(lines[:-2])} <b>{''.join(lines[:-1][-1:])}</b>\n <small>{lines[-1]}</small></li>"
        for lines in figures
    )
    return (
        f"<article><p>{category}</p><h2><a href='#'>{name}</a></h2><p>{tagline}<br></p><ul>{foot}</ul>"
        f"<p>{description}</p></article>"
    )


def _section_table(rows: Sequence[Sequence[str]]) -> str:
    return "<section>" + "\n".join(f"<div class='row'>{_spans(row)}</div>" for row in rows) + "</section>"


def _section_take(score: str | None, text: str) -> str:
    if score is None:
        return f"<blockquote>\n <p>{text.strip('“”')}</p>\n</blockquote>"
    return f"<span>{score}</span><blockquote><p>{text}</p></blockquote>"


def _table_card(head: Sequence[str], figures: Sequence[Sequence[str]], description: str) -> str:
    verdict = "".join(f"<p>{line}</p>" for line in figures[0][:-2])
    rows = "".join(
        f"<tr><th>{lines[-1]}</th>{''.join(f'<td>{line}</td>' for line in lines[:-1][-1:])}</tr>"
        for lines in figures
    )
    return f"{_paragraphs(head)}{verdict}<table><tbody>{rows}</tbody></table><div>{description}</div>"


def _table(rows: Sequence[Sequence[str]]) -> str:
    return (
        "<table>"
        + "\n".join("<tr><th>{}</th>\n<td>{}</td>\n<td>{}</td></tr>".format(*row) for row in rows)
        + "</table>"
    )


def _list_card(head: Sequence[str], figures: Sequence[Sequence[str]], description: str) -> str:
    verdict = "".join(f"<p>{line}</p>" for line in figures[0][:-2])
    rows = "".join(
        f"<dt>{lines[-1]}</dt>\n{''.join(f'<dd>{line}</dd>' for line in lines[:-1][-1:])}"
        for lines in figures
    )
    return f"{_paragraphs(head)}{verdict}<dl>{rows}</dl><div><p>{description}</p></div>"


def _list(rows: Sequence[Sequence[str]]) -> str:
    return "<dl>" + "\n".join("<dt>{}</dt><dd>{}</dd><dd>{}</dd>".format(*row) for row in rows) + "</dl>"


MARKUPS = {
    "paragraphs": Markup(
        card=lambda head, figures, description: _paragraphs([*head, *chain(*figures), description]),
        table=lambda rows: _paragraphs([cell for row in rows for cell in row]),
        take=_in_paragraphs,
        reviewer=lambda name, left, right: f"<p>{name}</p>{left}{right}",
    ),
    "lines": Markup(
        card=lambda head, figures, description: "<br>".join([*head, *chain(*figures), description]) + "<br/>",
        table=lambda rows: "<br>\n".join(cell for row in rows for cell in row),
        take=lambda score, text: "<br>".join(line for line in (score, text, "") if line is not None),
        reviewer=lambda name, left, right: f"{name}<br>{left}<br>{right}",
    ),
    "sections": Markup(
        card=_section_card,
        table=_section_table,
        take=_section_take,
        reviewer=lambda name, left, right: f"<section><h3>{name} {left}</h3><div>{right}</div></section>",
    ),
    "tables": Markup(
        card=_table_card,
        table=_table,
        take=lambda score, text: f"<div><b>{score or ''}</b></div>{text}<br>",
        reviewer=lambda name, left, right: (
            f"<table><tr><th>{name}</th><td>{left}</td><td>{right}</td></tr></table>"
        ),
    ),
    "lists": Markup(
        card=_list_card,
        table=_list,
        take=lambda score, text: f"<p>{'' if score is None else f'<b>{score}</b> '}{text}</p>",
        reviewer=lambda name, left, right: f"<dl><dt>{name}</dt><dd>{left}</dd><dd>{right}</dd></dl>",
    ),
    "spans": Markup(
        card=lambda head, figures, description: (
            f"{_paragraphs(head)}<div>{_spans(chain(*figures))}</div><div>{description}</div>"
        ),
        table=_section_table,
        take=lambda score, text: f"<span>{(score or '').replace('/', '</span>/<span>')}</span><p>{text}</p>",
        reviewer=lambda name, left, right: f"<div><b>{name}</b>{left}</div><div>{right}</div>",
    ),
}
