"""What the desk says of panels, in words that the counts bear out: splits, subjects, the opening. Pure.

House rules: names first, never an exclamation, never "best" or "winner". Where a source states only a
percentage, nothing is said of single votes; where nothing is known, the words say so.
"""

from digest.words.opening import intro_for
from digest.words.preheaders import PREHEADER_LIMIT, preheader_for, preheaders_for
from digest.words.rules import Candidate
from digest.words.splits import SENTENCE_LIMIT, split_sentence
from digest.words.subjects import SUBJECT_LIMIT, subject_for, subjects_for, weigh_subject

__all__ = [
    "PREHEADER_LIMIT",
    "SENTENCE_LIMIT",
    "SUBJECT_LIMIT",
    "Candidate",
    "intro_for",
    "preheader_for",
    "preheaders_for",
    "split_sentence",
    "subject_for",
    "subjects_for",
    "weigh_subject",
]
