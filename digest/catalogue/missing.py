"""What to say of a tool that is not there: the likely one. Queries only (law 8)."""

from __future__ import annotations

from difflib import get_close_matches

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.catalogue.rows import ToolRow

_LIKELY = 1_000
# Below this two slugs share little but their length.
_ALIKE = 0.7


def no_such_tool(session: Session, slug: str) -> str:
    """Return a sentence that names the tool a mistyped slug may have meant, or else how to list them all."""
    near = get_close_matches(slug, _candidates(session, slug), n=1, cutoff=_ALIKE)
    hint = f"did you mean {near[0]}?" if near else "digest catalogue list shows them all"
    return f"there is no tool {slug}; {hint}"


def _candidates(session: Session, slug: str) -> list[str]:
    """Return a bounded number of slugs that begin alike, and the latest."""
    alike = select(ToolRow.slug).where(ToolRow.slug.startswith(slug[:2], autoescape=True))
    latest = select(ToolRow.slug).order_by(ToolRow.published_on.desc(), ToolRow.id.desc())
    return [found for query in (alike, latest) for found in session.scalars(query.limit(_LIKELY))]
