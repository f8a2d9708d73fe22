"""Saving config.yaml puts it in force within two seconds; a bad save changes nothing and is told once."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitor.config.load import load
from monitor.config.watch import ConfigWatcher
from monitor.core.errors import ConfigError
from monitor.core.settings import Config

TEXT = """\
chats: [{name: desk, id: 1}]
sources: {add: [{id: mine, url: "https://example.org/feed"}]}
rules: {threshold: 3, list: [{id: ecny, terms: [数字人民币]}]}
"""
WITHIN = 2.0  # seconds, as promised in docs/configuration.md


@dataclass
class Desk:
    """One watched file and what the watcher reported."""

    path: Path
    changes: list[Config] = field(default_factory=list)
    mistakes: list[ConfigError] = field(default_factory=list)
    told: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    watcher: ConfigWatcher = field(init=False)

    def __post_init__(self) -> None:
        self.path.write_text(TEXT, "utf-8")
        self.watcher = ConfigWatcher(
            self.path,
            {},
            load(self.path, {}),
            on_change=self.changed,
            on_mistake=self.mistaken,
        )

    def save(self, text: str) -> None:
        self.path.write_text(text, "utf-8")

    def replace(self, text: str) -> None:
        beside = self.path.with_suffix(".tmp")
        beside.write_text(text, "utf-8")
        os.replace(beside, self.path)

    async def changed(self, config: Config) -> None:
        self.changes.append(config)
        self.told.release()

    async def mistaken(self, mistake: ConfigError) -> None:
        self.mistakes.append(mistake)
        self.told.release()

    async def hears(self) -> None:
        await asyncio.wait_for(self.told.acquire(), WITHIN)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "config.yaml")


@asynccontextmanager
async def watching(desk: Desk) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(desk.watcher.run(stop))
    await asyncio.sleep(0.3)  # the operating system's watch is set up in a thread
    yield
    stop.set()
    await asyncio.wait_for(task, WITHIN)


def threshold(value: int) -> str:
    return TEXT.replace("threshold: 3", f"threshold: {value}")


@pytest.mark.parametrize("how", [Desk.save, Desk.replace], ids=["in place", "by an atomic replace"])
async def test_a_save_is_in_force_within_two_seconds(desk: Desk, how: Callable[[Desk, str], None]) -> None:
    async with watching(desk):
        how(desk, threshold(4))
        await desk.hears()
        how(desk, threshold(5))
        await desk.hears()
    assert [config.rules.threshold for config in desk.changes] == [4, 5]
    assert desk.mistakes == []


async def test_a_bad_save_keeps_the_last_good_one_and_the_next_save_works(desk: Desk) -> None:
    async with watching(desk):
        desk.save("chats: [")
        await desk.hears()
        assert desk.changes == []
        assert desk.watcher.current.rules.threshold == 3
        desk.save(threshold(4))
        await desk.hears()
    assert desk.watcher.current.rules.threshold == 4
    assert "not readable as YAML" in str(desk.mistakes[0])


async def test_a_save_made_before_the_watch_began_is_not_missed(desk: Desk) -> None:
    desk.save(threshold(4))
    async with watching(desk):
        await desk.hears()
    assert desk.watcher.current.rules.threshold == 4


async def test_a_reload_on_request_reads_the_file_now(desk: Desk) -> None:
    desk.save(threshold(4))
    await desk.watcher.reload()
    assert [config.rules.threshold for config in desk.changes] == [4]


async def test_the_same_content_is_not_reported(desk: Desk) -> None:
    desk.save("# only a comment more\n" + TEXT)
    await desk.watcher.reload()
    assert desk.changes == []


async def test_the_same_mistake_is_told_once(desk: Desk) -> None:
    desk.save("")
    await desk.watcher.reload()
    await desk.watcher.reload()
    assert len(desk.mistakes) == 1


async def test_a_mistake_made_again_after_its_mend_is_told_again(desk: Desk) -> None:
    for text in ("", TEXT, ""):
        desk.save(text)
        await desk.watcher.reload()
    assert len(desk.mistakes) == 2


async def test_a_deleted_file_keeps_the_last_good_one(desk: Desk) -> None:
    desk.path.unlink()
    await desk.watcher.reload()
    assert desk.watcher.current.rules.threshold == 3
    assert "there is no such file" in str(desk.mistakes[0])
