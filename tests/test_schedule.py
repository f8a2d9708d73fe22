"""When the next poll comes."""

from datetime import timedelta
from typing import Any

import pytest

from monitor.core.model import Feed
from monitor.core.polling import Cause, Validator
from monitor.schedule import (
    after_change,
    after_failure,
    after_success,
    by_site,
    in_time,
    lists_after,
    next_in_phase,
)
from spiders.gate import site_of
from tests.builders import NOW, a_source, a_state

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.pbc.gov.cn/list", "pbc.gov.cn"),
        ("https://news.example.co.uk/feed", "example.co.uk"),
        ("http://127.0.0.1:8000/feed", "127.0.0.1:8000"),
        ("http://localhost:8000/feed", "localhost:8000"),
        ("http://user@[::1]:8000/feed", "[::1]:8000"),
    ],
    ids=["second-level suffix", "co.uk", "address", "localhost", "IPv6"],
)
def test_politeness_is_owed_to_the_registrable_domain(url: str, site: str) -> None:
    assert site_of(url) == site


def test_sources_of_one_site_are_polled_together() -> None:
    a, b = a_source(id="a"), a_source(id="b")
    c = a_source(id="c", feeds=(Feed(name="all", url="https://other.example/feed"),))
    assert by_site([a, c, b]) == {"wire.example": (a, b), "other.example": (c,)}


def test_polls_stay_in_phase() -> None:
    assert next_in_phase(NOW, MINUTE, NOW + MINUTE / 2) == NOW + MINUTE
    assert next_in_phase(NOW, MINUTE, NOW + 5 * MINUTE) == NOW + 6 * MINUTE


def test_success_clears_trouble_and_keeps_only_wanted_validators() -> None:
    url = a_source().feeds[0].url
    before = a_state(failures=3, problem="timeout", validators=(Validator(url="https://gone.example/"),))
    fresh = Validator(url=url, etag='"2"')
    after = after_success(before, a_source(), validators=[fresh], newest_item_at=NOW, delay=1.5, now=NOW)
    assert (after.failures, after.problem, after.validators) == (0, "", (fresh,))
    assert after.first_polled_at == after.last_ok_at == NOW


def test_failures_back_off_up_to_a_cap_and_never_stop() -> None:
    waits = []
    current = a_state()
    for _ in range(12):
        current = after_failure(
            current, a_source(every=15 * MINUTE), problem="down", retry_after=None, now=NOW
        )
        waits.append((current.next_poll_at - NOW) / MINUTE)
    assert waits[:4] == [15, 30, 60, 120]
    assert waits[-1] == 360


def test_retry_after_is_never_undercut() -> None:
    asked = timedelta(hours=9)
    after = after_failure(a_state(), a_source(), problem="429", retry_after=asked, now=NOW)
    assert after.next_poll_at == NOW + asked


MOVED = (Feed(name="all", url="https://wire.example/new.xml"),)


@pytest.mark.parametrize(
    ("changes", "waits", "failures"),
    [
        ({"feeds": MOVED}, 0, 0),
        ({"verify_tls": False}, 0, 0),
        ({"every": 20 * MINUTE}, 10, 3),
        ({"every": 5 * MINUTE}, 0, 3),
        ({"every": 600 * MINUTE}, 120, 3),
        ({"name": "Another"}, 120, 3),
    ],
    ids=["another address", "certificate", "sooner", "overdue by now", "later", "only a name"],
)
def test_a_mended_source_does_not_wait_for_its_old_backoff(
    changes: dict[str, Any], waits: int, failures: int
) -> None:
    before = a_state(
        next_poll_at=NOW + 120 * MINUTE, last_polled_at=NOW - 10 * MINUTE, failures=3, problem="404"
    )
    after = after_change(before, a_source(), a_source(**changes), NOW)
    assert (after.next_poll_at, after.failures) == (NOW + waits * MINUTE, failures)


def test_a_source_never_polled_keeps_its_turn() -> None:
    assert after_change(a_state(), a_source(), a_source(every=MINUTE), NOW) == a_state()


def test_the_parts_of_a_sitemap_stay_conditional_while_they_are_read() -> None:
    part = Validator(url="https://wire.example/part-1.xml", etag="1")
    after = after_success(a_state(), a_source(), validators=[part], newest_item_at=None, delay=0, now=NOW)
    assert after.validators == (part,)


@pytest.mark.parametrize(
    ("ahead", "every", "waits"),
    [(1200, 15, 1200), (60 * 24 * 400, 15, 15), (60 * 24 * 6, 60 * 24 * 7, 60 * 24 * 6)],
    ids=["Retry-After", "a clock gone wrong", "polled once a week"],
)
def test_no_clock_puts_a_poll_off_for_months(ahead: int, every: int, waits: int) -> None:
    state = a_state(next_poll_at=NOW + ahead * MINUTE)
    assert in_time(state, a_source(every=every * MINUTE), NOW).next_poll_at == NOW + waits * MINUTE


def test_an_item_from_the_future_is_not_the_newest_for_ever() -> None:
    ahead = a_state(newest_item_at=NOW + timedelta(days=400))
    after = after_success(ahead, a_source(), validators=[], newest_item_at=NOW, delay=0, now=NOW)
    assert after.newest_item_at == NOW


def test_each_list_has_a_memory_of_its_own() -> None:
    good, bad = (Feed(name=name, url=f"https://wire.example/{name}") for name in ("good", "bad"))
    source, state = a_source(feeds=(good, bad)), a_state()
    for _ in range(3):
        answers = {good.url: ("", None), bad.url: ("gone", Cause.GONE)}
        state = a_state(lists=lists_after(state, source, answers, NOW))
    one, other = state.lists
    assert (one.failures, one.last_ok_at, one.problem) == (0, NOW, "")
    assert (other.failures, other.last_ok_at, other.problem, other.cause) == (3, None, "gone", Cause.GONE)
    assert lists_after(state, a_source(feeds=(good,)), {}, NOW) == (one,)
