"""What every test of this folder can use; where a module has no `server` and `desk` of its own, the bot's."""

from tests.alerts.bot_desk import desk, server
from tests.alerts.desk import databases

__all__ = ["databases", "desk", "server"]
