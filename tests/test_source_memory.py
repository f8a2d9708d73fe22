"""What a poll leaves in a source's memory: cause, rhythm, since when it is broken; and the figures."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import generate_latest

from monitor.core.model import Cause, SourceState
from monitor.crawl import next_state
from monitor.service import source_figures
from monitor.web.health import Metrics
from spiders.failures import Trouble
from spiders.poll import Outcome
from tests.builders import NOW, a_config, a_source, a_state

DAY = timedelta(days=1)
DAILY = [NOW - n * DAY for n in range(6)]


def read(**changes: Any) -> Outcome:
    values: dict[str, Any] = {"lists_read": 1, "dates": DAILY, "newest_item_at": NOW}
    return Outcome(**values | changes)


def refused() -> Outcome:
    outcome = Outcome()
    outcome.blame(Trouble(words="refuses us (403)", cause=Cause.FORBIDDEN))
    outcome.blame(Trouble(words="server trouble (500)", cause=Cause.SERVER))
    return outcome


def after(state: SourceState, outcome: Outcome) -> SourceState:
    return next_state(state, a_source(), outcome, {}, NOW)


def test_a_good_poll_learns_the_rhythm_and_clears_the_cause() -> None:
    ill = a_state(failures=3, cause=Cause.DNS, problem="no such name", broken_since=NOW - DAY)
    state = after(ill, read())
    assert (state.failures, state.cause, state.problem, state.broken_since) == (0, None, "", None)
    assert state.gap == DAY


def test_the_third_failure_in_a_row_breaks_it_and_the_first_cause_counts() -> None:
    state = after(a_state(failures=2, gap=DAY), refused())
    assert (state.cause, state.problem) == (Cause.FORBIDDEN, "refuses us (403); server trouble (500)")
    assert (state.broken_since, state.gap) == (NOW, DAY)


def test_a_feed_that_answers_but_stands_still_breaks() -> None:
    old = [NOW - n * DAY for n in range(300, 306)]
    state = after(a_state(), read(dates=old, newest_item_at=old[0]))
    assert (state.failures, state.cause, state.broken_since) == (0, None, NOW)


@pytest.mark.parametrize(
    ("before", "outcome", "cause"),
    [
        (None, read(dates=[], newest_item_at=None, undated=True), Cause.NO_DATES),
        (Cause.NO_DATES, Outcome(unchanged=1), Cause.NO_DATES),
        (Cause.NO_DATES, read(), None),
        (Cause.DNS, Outcome(unchanged=1), None),
        (None, read(found=3, kept=2), Cause.OURS),
        (None, read(broken=True), Cause.OURS),
    ],
    ids=["undated", "undated and unchanged", "dated again", "there again", "not all kept", "not taken in"],
)
def test_the_cause_of_a_poll(before: Cause | None, outcome: Outcome, cause: Cause | None) -> None:
    assert after(a_state(cause=before), outcome).cause is cause


def test_figures_name_what_is_broken_and_forget_what_is_mended() -> None:
    metrics, config = Metrics(), a_config(sources=(a_source(),))
    broken = a_state(failures=3, cause=Cause.DNS, newest_item_at=NOW - DAY)
    metrics.sources(*source_figures([broken, a_state(source_id="gone", failures=9)], config, NOW))
    text = generate_latest(metrics.registry).decode()
    assert 'policywire_sources_broken{cause="dns"} 1.0' in text
    assert 'policywire_source_newest_item_age_seconds{source="wire"} 86400.0' in text
    metrics.sources(*source_figures([a_state(last_polled_at=NOW)], config, NOW))
    text = generate_latest(metrics.registry).decode()
    assert "cause=" not in text
    assert "policywire_source_newest_item_age_seconds{" not in text
