"""What every test of this folder can use."""

from tests.alerts.desk import databases

__all__ = ["databases"]
