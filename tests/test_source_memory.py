"""What a poll leaves in a source's memory: cause, rhythm, since when it is broken; and the figures."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import generate_latest

from monitor.core.health import Condition, judge_health
from monitor.core.model import Feed, Use
from monitor.core.polling import Cause, SourceState, Validator
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


def test_when_something_new_was_last_taken_is_kept() -> None:
    earlier = a_state(newest_taken_at=NOW - DAY)
    assert after(earlier, Outcome(unchanged=1)).newest_taken_at == NOW - DAY
    assert after(earlier, read(dates=[], found=2, kept=2)).newest_taken_at == NOW
    assert after(earlier, refused()).newest_taken_at == NOW - DAY


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


A, B, C = (
    Feed(name=name, url=f"https://wire.example/{name}.xml", use=use)
    for name, use in (("a", Use.PRIMARY), ("b", Use.PRIMARY), ("c", Use.FALLBACK))
)
GONE = Trouble(words="not there any more (404)", cause=Cause.GONE)


def test_one_dead_list_of_several_breaks_its_source_in_part() -> None:
    source, state = a_source(feeds=(A, B)), a_state()
    for failures in (1, 2, 3):
        outcome = read()
        outcome.taken(A, Validator(url=A.url))
        outcome.blame(GONE, B)
        state = next_state(state, source, outcome, {}, NOW)
        health = judge_health(state, source, NOW)
        assert (health.condition is Condition.BROKEN) is (failures == 3)
        assert health.words == "list b: not there any more (404)"
        assert health.cause is Cause.GONE
    assert state.broken_since == NOW
    well = read()
    well.taken(A, None)
    well.taken(B, None)
    state = next_state(state, source, well, {}, NOW)
    assert (judge_health(state, source, NOW).condition, state.broken_since) == (Condition.WELL, None)


def test_a_list_that_stands_in_for_a_dead_one_is_named() -> None:
    outcome = read()
    outcome.blame(GONE, A)
    outcome.taken(C, Validator(url=C.url))
    state = next_state(a_state(), a_source(feeds=(A, C)), outcome, {}, NOW)
    assert state.problem == "list a: not there any more (404); read by its list c instead"
    assert judge_health(state, a_source(feeds=(A, C)), NOW).condition is Condition.WELL


def test_time_that_ran_out_is_no_failure_while_something_was_kept() -> None:
    old = Validator(url=A.url, etag='"old"')
    outcome = read(found=8, kept=3, out_of_time=True)
    outcome.taken(A, Validator(url=A.url, etag='"new"'))
    before = a_state(failures=1, validators=(old,))
    state = next_state(before, a_source(feeds=(A,)), outcome, {"wire.example": 30.0}, NOW)
    assert (state.failures, state.cause, state.delay) == (0, None, 30.0)
    assert state.problem == "time ran out, 5 of 8 new articles not kept yet"
    assert state.validators == (old,)  # so that the rest is asked for again


def test_what_was_learned_of_a_slow_site_outlives_a_failure() -> None:
    state = next_state(a_state(delay=2.0), a_source(), refused(), {"wire.example": 30.0}, NOW)
    assert (state.failures, state.delay) == (1, 30.0)


@pytest.mark.parametrize(
    ("url", "asked"),
    [("https://wire.example/page", 2 * DAY), ("https://evil.example/page", None)],
    ids=["of its own site", "of another"],
)
def test_only_its_own_site_can_ask_a_source_to_wait(url: str, asked: timedelta | None) -> None:
    outcome = read()
    outcome.ask_patience(2 * DAY, url=url, source=a_source())
    assert outcome.retry_after == asked


def test_an_index_is_taken_in_with_the_last_of_its_parts() -> None:
    outcome, parts = Outcome(), [f"https://wire.example/{n}.xml" for n in (1, 2)]
    outcome.has_parts(A, parts)
    outcome.taken(A, Validator(url=parts[0], etag="1"))
    assert A.url not in outcome.validators
    outcome.taken(A, Validator(url=parts[1], etag="2"))
    assert outcome.validators[A.url] == Validator(url=A.url)  # never asked for conditionally


def test_pages_owed_are_counted_in_the_words_of_the_poll() -> None:
    assert read(owed=1).problem == "1 page owed"
    assert read(owed=3).problem == "3 pages owed"
