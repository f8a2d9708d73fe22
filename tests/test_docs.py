"""What a user can type, set or read of the service is in the documentation."""

from pathlib import Path

import pytest
from typer.main import get_command

from monitor.cli import app
from monitor.web.health import Metrics

DOCS = Path(__file__).parents[1] / "docs"
README = (DOCS.parent / "README.md").read_text(encoding="utf-8")
OPERATING = (DOCS / "operating.md").read_text(encoding="utf-8")


def test_every_command_is_in_the_readme() -> None:
    command = get_command(app)
    names = [name for name in command.commands if name not in {"sources", "alerts"}]  # type: ignore[attr-defined]
    assert names
    assert [name for name in names if name not in README] == []


@pytest.mark.parametrize("metric", [family.name for family in Metrics().registry.collect()])
def test_every_metric_is_documented(metric: str) -> None:
    assert metric in OPERATING


@pytest.mark.parametrize(
    "variable",
    [
        "TELEGRAM_BOT_TOKEN",
        "TELEGRAM_CHAT_ID",
        "DATABASE_URL",
        "LISTEN_ADDR",
        "LOG_LEVEL",
        "LOG_FORMAT",
        "HTTPS_PROXY",
        "POLICYWIRE_CONFIG",
        "CHROMIUM",
    ],
)
def test_every_variable_is_documented(variable: str) -> None:
    assert variable in OPERATING
