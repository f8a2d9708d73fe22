"""No secret reaches a log line, a traceback included."""

import logging

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
