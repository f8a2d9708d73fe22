"""One request at a time to a site, over all crawls; and a crawl's deadline."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.exceptions import NotConfigured
from scrapy.settings import Settings
from scrapy.signalmanager import SignalManager

from spiders.deadline import LONGEST_ALLOWANCE, Deadline
from spiders.gate import MOST_SITES, SiteGate
from spiders.news import MOST_PAGES


async def until_it_waits() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_site_is_entered_by_one_at_a_time() -> None:
    gate, inside = SiteGate(), []

    async def visit(who: str, site: str, stay: asyncio.Event) -> None:
        await gate.enter(site, who, 0.0)
        inside.append(who)
        await stay.wait()
        gate.leave(site)

    leave = {who: asyncio.Event() for who in "abc"}
    sites = {"a": "one.cn", "b": "one.cn", "c": "other.cn"}
    tasks = [asyncio.create_task(visit(who, sites[who], leave[who])) for who in "abc"]
    await until_it_waits()
    assert inside == ["a", "c"]
    leave["a"].set()
    await until_it_waits()
    await asyncio.wait_for(tasks[0], 5)
    leave["b"].set()
    leave["c"].set()
    await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert inside == ["a", "c", "b"]


async def test_another_crawl_keeps_its_distance_and_gives_way_when_it_is_ended() -> None:
    gate = SiteGate()
    await gate.enter("one.cn", "first", 0.0)
    gate.leave("one.cn")
    await gate.enter("one.cn", "first", 600.0)  # its own slot keeps the distance
    gate.leave("one.cn")
    waiting = asyncio.create_task(gate.enter("one.cn", "second", 600.0))
    await until_it_waits()
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await asyncio.wait_for(gate.enter("one.cn", "third", 0.0), 5)


async def test_sites_without_number_are_forgotten_but_not_while_somebody_is_there() -> None:
    gate = SiteGate()
    await gate.enter("busy.cn", "first", 0.0)
    for n in range(MOST_SITES):
        await gate.enter(f"{n}.cn", "first", 0.0)
        gate.leave(f"{n}.cn")
    gate.leave("busy.cn")
    assert len(gate._doors) <= MOST_SITES


def a_crawler(longest: float = 120.0, polls: int = 1, **delays: float) -> Any:
    told = {host: {"delay": delay} for host, delay in delays.items()}
    downloader = SimpleNamespace(per_slot_settings=told, slots={"seen": SimpleNamespace(delay=1.0)})
    return SimpleNamespace(
        settings=Settings({"LONGEST_CRAWL": longest}),
        signals=SignalManager(),
        spider=SimpleNamespace(polls=range(polls)),
        engine=SimpleNamespace(downloader=downloader),
    )


@pytest.mark.parametrize(
    ("delays", "allowance"),
    [
        ({}, MOST_PAGES * 2 * 1.0),
        ({"slow": 30.0}, MOST_PAGES * 2 * 30.0),
        ({"slow": 600.0}, LONGEST_ALLOWANCE),
    ],
    ids=["ordinary", "robots.txt asks for half a minute", "not for ever"],
)
def test_a_slow_site_is_given_more_time(delays: dict[str, float], allowance: float) -> None:
    crawler = a_crawler(**delays)  # type: ignore[arg-type]
    assert Deadline(crawler).allowed() == 120.0 + allowance


async def test_a_deadline_is_put_off_when_the_site_turned_out_to_be_slow() -> None:
    ended, crawler = asyncio.Event(), a_crawler(longest=0.001, polls=0)

    async def close(*, reason: str) -> None:
        assert reason == "closespider_timeout"
        ended.set()

    crawler.engine.close_spider_async = close
    deadline = Deadline(crawler)
    deadline.opened()
    crawler.spider.polls = range(1)  # as if the waits had grown meanwhile
    await asyncio.sleep(0.05)
    assert not ended.is_set()
    deadline.closed()
    crawler.spider.polls = range(0)
    deadline.opened()
    await asyncio.wait_for(ended.wait(), 5)


def test_a_crawl_without_a_limit_has_no_deadline() -> None:
    with pytest.raises(NotConfigured):
        Deadline(a_crawler(longest=0.0))
