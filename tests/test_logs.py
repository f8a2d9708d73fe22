"""No secret reaches a log line, a traceback included."""

import json
import logging
from collections.abc import Iterator

import pytest

from monitor import logs

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_"


@pytest.mark.parametrize("style", ["console", "json"])
def test_the_token_is_struck_out_everywhere(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        logs.set_up("INFO", style)
        log = logging.getLogger("anything")
        log.warning("GET https://api.telegram.org/bot%s/getMe", TOKEN)
        log.warning("quoted bot%s", TOKEN.replace(":", "%3A"))
        try:
            raise RuntimeError(f"no answer from bot{TOKEN}")
        except RuntimeError:
            log.exception("sending failed")
        logging.getLogger("httpx").info(
            "HTTP Request: POST https://api.telegram.org/bot%s/sendMessage", TOKEN
        )
    finally:
        root.handlers = handlers
        root.setLevel(level)
    written = capsys.readouterr().err
    assert "AAHdq" not in written
    assert written.count("[token]") >= 3
    assert "sendMessage" not in written


@pytest.fixture
def nothing_hidden() -> Iterator[None]:
    yield
    logs.hide(())


@pytest.mark.parametrize(
    ("secret", "written"),
    [
        ("s3cret-key", 'told "s3cret-key"'),
        ('s3"cret\\key', json.dumps({"event": 's3"cret\\key'})),
        ("https://hooks.example.org/T000/s3cret", "url: /T000/s3cret (refused)"),
        ("https://hooks.example.org/x?key=s3cret-of-sixteen-letters", "key is s3cret-of-sixteen-letters"),
        ("discord://123456789/s3cret-of-sixteen-letters", "https://d.example/api/s3cret-of-sixteen-letters"),
        ("mailto://user:s3cret%23@example.org", "login of user with s3cret# failed"),
        ("http://user:s3cret@proxy.example.org:3128", "no tunnel by user:s3cret@proxy.example.org"),
        ("http://[not-an-address:s3cret", "http://[not-an-address:s3cret"),
    ],
    ids=["a key", "as JSON", "path", "query", "rebuilt by a library", "password", "proxy", "unreadable"],
)
def test_what_is_hidden_is_struck_out(secret: str, written: str, nothing_hidden: None) -> None:
    logs.hide([secret, ""])
    struck = logs.redact(written)
    assert "[secret]" in struck
    assert "s3cret" not in struck


def test_ordinary_words_stay(nothing_hidden: None) -> None:
    logs.hide(["https://hooks.example.org/hook", "http://me:abc@127.0.0.1:3128"])
    words = "no connection to the webhook hooks.example.org (abc)"
    assert logs.redact(words) == words


def test_what_is_hidden_follows_the_configuration(nothing_hidden: None) -> None:
    logs.hide(["the-old-one"])
    logs.hide(["the-new-one"])
    assert logs.redact("the-old-one the-new-one") == "the-old-one [secret]"


@pytest.mark.parametrize("name", ["apprise", "urllib3.connectionpool", "requests"])
def test_libraries_that_quote_addresses_are_mute(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        logs.set_up("DEBUG", "json")
        logging.getLogger(name).error("POST https://example.org/s3cret")
    finally:
        root.handlers = handlers
        root.setLevel(level)
    assert capsys.readouterr().err == ""
