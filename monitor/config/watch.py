"""Reload config.yaml on save and on request: all or nothing, the last good configuration stays."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from watchfiles import Change, awatch

from monitor.config.document import read_text
from monitor.config.load import parse
from monitor.core.errors import ConfigError
from monitor.core.settings import Config

SETTLE = 150  # milliseconds of quiet that end a burst of writes
STEP = 40  # milliseconds between two looks at the burst


class ConfigWatcher:
    """Follows one file. `on_change` gets each new configuration, `on_mistake` each new refusal."""

    def __init__(
        self,
        path: Path,
        env: Mapping[str, str],
        current: Config,
        *,
        on_change: Callable[[Config], Awaitable[None]],
        on_mistake: Callable[[ConfigError], Awaitable[None]],
    ) -> None:
        self.current = current
        self._path = path.absolute()
        self._name = str(path)
        self._env = env
        self._on_change = on_change
        self._on_mistake = on_mistake
        self._refused = ""
        self._one_at_a_time = asyncio.Lock()

    @property
    def refused(self) -> str:
        """The mistake for which the file as it is now was refused; "" when it is in force."""
        return self._refused

    async def run(self, stop: asyncio.Event) -> None:
        """Reload at every save until `stop` is set."""
        # The directory, not the file: editors replace the file, and a watch on it would die with the old one.
        saves = awatch(
            self._path.parent,
            watch_filter=self._is_ours,
            stop_event=stop,
            debounce=SETTLE,
            step=STEP,
            recursive=False,
        )
        first = asyncio.ensure_future(anext(saves, None))
        try:
            await asyncio.sleep(0)  # the watch stands now: nothing saved from here on is missed
            await self.reload()  # and what was saved between the first reading and now is read here
            if await first is not None:
                await self.reload()
        finally:
            first.cancel()
        async for _ in saves:
            await self.reload()

    async def reload(self) -> None:
        """Read the file now; a text that means the same changes nothing and is not reported."""
        async with self._one_at_a_time:
            try:
                config = await asyncio.to_thread(self._read)
            except ConfigError as mistake:
                await self._refuse(mistake)
                return
            self._refused = ""
            if config != self.current:
                self.current = config
                await self._on_change(config)

    async def _refuse(self, mistake: ConfigError) -> None:
        if str(mistake) != self._refused:  # one save may be seen as several changes
            self._refused = str(mistake)
            await self._on_mistake(mistake)

    def _read(self) -> Config:
        return parse(read_text(self._path), self._name, self._env)

    def _is_ours(self, _change: Change, path: str) -> bool:
        return Path(path).name == self._path.name
