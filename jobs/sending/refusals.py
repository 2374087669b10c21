"""When too many readers are refused for good, something is wrong with us, and going on makes it worse."""

from __future__ import annotations

from collections import Counter, deque

from subscribers.bounces.statuses import code_in_front

# Of so many answers a small list has not enough to say anything.
LEAST = 100
_LONGEST = 120


class Refusals:
    """The last answers that were for good: accepted, or refused (5xx). ``share`` is ``pause_at_refusals``.

    A refusal is known by its code and its enhanced code; of each the latest words are kept.
    """

    def __init__(self, share: float, of: int = 200, least: int = LEAST) -> None:
        self._share = share
        self._least = least
        # None where the message was taken.
        self._answers: deque[str | None] = deque(maxlen=of)
        self._count = 0
        self._refused: Counter[str] = Counter()
        self._words: dict[str, str] = {}

    def accepted(self) -> None:
        """A message was taken."""
        self._add(None)

    def refused(self, code: int, text: str) -> None:
        """A reader, or the message for them, was refused for good. ``text`` is fit to be kept."""
        kind = f"{code} {code_in_front(text) or ''}".rstrip()
        self._add(kind)
        self._count += 1
        self._refused[kind] += 1
        self._words[kind] = f"{code} {text}"

    def too_many(self) -> bool:
        """Whether to pause: the share was reached, among enough answers. A share of 1 never pauses."""
        seen = len(self._answers)
        # Rounded: 0.07 of 100 is 7.000000000000001 in floats, and seven refusals reach it.
        return self._share < 1 and seen >= self._least and self._count >= round(self._share * seen, 6)

    def words(self) -> str:
        """Return what a person should know of the refusals, of which there are some, and do."""
        count = self._count
        kind, often = self._refused.most_common(1)[0]
        how = "all of them" if often == count else "most of them" if 2 * often > count else "most often"
        words = self._words[kind]
        words = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
        return (
            f"of the last {len(self._answers)} answers {count} were refusals, {how} {words}; the issue is "
            "paused; when it is mended: digest issue resume"
        )

    def _add(self, answer: str | None) -> None:
        if len(self._answers) == self._answers.maxlen and (gone := self._answers[0]) is not None:
            self._count -= 1
            self._refused[gone] -= 1
            if not self._refused[gone]:
                del self._refused[gone], self._words[gone]
        self._answers.append(answer)
