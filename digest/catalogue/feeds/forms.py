"""From an answer's bytes to the tools it brings, whichever form they came in."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable

from pydantic import ValidationError

from digest.catalogue.feeds.confined import read_confined
from digest.catalogue.feeds.drafts import draft_of
from digest.catalogue.feeds.feedform import is_json_feed, json_of, read_json_feed
from digest.catalogue.feeds.toolsform import is_tools, problems, read_tools
from digest.catalogue.feeds.values import Arrival, Feed, FeedContent
from digest.catalogue.model import Rules, ToolModel
from digest.errors import BadInput

ReadXml = Callable[[bytes, str, str], Feed]


def read_feed_content(
    data: bytes,
    url: str,
    content_type: str,
    *,
    category: str | None,
    rules: Rules,
    read_xml: ReadXml = read_confined,
) -> FeedContent:
    """Return what an answer brings: drafts from RSS, Atom or JSON Feed, whole tools from our own JSON.

    What it is, its first character and its keys say; content types lie. ``category`` is for drafts. Raises
    BadInput for what is none of these.
    """
    data = data.removeprefix(BOM_UTF8).lstrip()
    if data[:1] not in (b"{", b"["):
        return _drafts(read_xml(data, url, content_type), category, rules)
    value = json_of(data)
    if is_json_feed(value):
        return _drafts(read_json_feed(value, url), category, rules)
    if is_tools(value):
        return read_tools(value, rules)
    raise BadInput("is JSON, but neither a JSON Feed nor a list of tools")


def _drafts(feed: Feed, category: str | None, rules: Rules) -> FeedContent:
    arrivals = []
    refused = []
    for entry in feed.entries:
        draft = draft_of(entry, category=category, today=rules.today)
        try:
            arrivals.append(Arrival(entry.key, ToolModel.model_validate(draft, context=rules)))
        except ValidationError as error:
            refused.append(f"{entry.title[:60]}: {problems(error)}")
    return FeedContent(tuple(arrivals), tuple(refused), feed.warnings)
