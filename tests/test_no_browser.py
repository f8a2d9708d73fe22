"""A source that needs a browser on a machine without one: its own problem, and nobody else's."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.origin import Origin, serve
from tests.test_service import Place

pytestmark = pytest.mark.slow


def without_browser(folder: Path, *origins: Origin) -> Place:
    """The first source wants a browser; the one that CHROMIUM names is not there."""
    place = Place(folder, origins)
    path = folder / "config.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{id: site-0, ", "{id: site-0, browser: true, "), encoding="utf-8")
    place.environment["CHROMIUM"] = "/nowhere/chromium"
    return place


async def test_the_source_says_what_is_missing_and_the_others_are_read(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    news = [("Digital yuan pilot widens", "The authority published the text.")]
    async with (
        serve(Origin(items=news, published_at=now)) as wanting,
        serve(Origin(items=news, published_at=now)) as plain,
    ):
        place = without_browser(tmp_path, wanting, plain)
        await place.finish("once")
    told = dict(place.rows("SELECT id, cause FROM sources"))
    assert told == {"site-0": "no-browser", "site-1": None}
    ((problem,),) = place.rows("SELECT problem FROM sources WHERE id = 'site-0'")
    assert problem.startswith("browser: true needs ")
    assert not wanting.requests
    assert place.rows("SELECT source_id FROM articles") == [("site-1",)]


async def test_check_warns(tmp_path: Path) -> None:
    out, _ = await without_browser(tmp_path, Origin(port=1), Origin(port=2)).finish("check")
    assert "warning: site-0: browser: true needs " in out
