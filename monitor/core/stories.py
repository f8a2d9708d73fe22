"""Which story a report belongs to: near-identical reports of one event join, others open their own."""

from collections.abc import Sequence

from monitor.core.fingerprint import resemblance
from monitor.core.model import Fingerprint, Story

# Share of common title shingles from which two headlines count as one report. Measured on labelled pairs:
# near-miss pairs (same series, other number or month) reach it rarely, syndicated copies nearly always.
SAME_REPORT = 0.6


def place(report: Fingerprint, candidates: Sequence[tuple[Story, Fingerprint]]) -> Story | None:
    """The story this report joins: the best resembling one at or above `SAME_REPORT`, else None."""
    best: Story | None = None
    best_score = SAME_REPORT
    for story, other in candidates:
        score = resemblance(report.shingles, other.shingles)
        if score > best_score or (score == best_score and best is None):
            best, best_score = story, score
    return best
