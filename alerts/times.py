"""Times as people write them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Day and minute in the zone."""
    try:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
    except OverflowError:  # a feed may claim the year 1 or 9999
        return f"{at:%Y-%m-%d}"


def source_day(midnight: datetime) -> str:
    """The day a source gave without a clock time; `midnight` is that day's in the source's zone."""
    # That zone is not known here. Zones reach from UTC-10 to UTC+14: adding 13:59 lands on the source's own
    # day for all of them but UTC+14, and a second conversion could not do better.
    try:
        return f"{midnight + timedelta(hours=13, minutes=59):%Y-%m-%d}"
    except OverflowError:
        return f"{midnight:%Y-%m-%d}"


def zone_words(at: datetime, zone: ZoneInfo) -> str:
    """The zone as people write it: CST (UTC+8)."""
    local = at.astimezone(zone)
    offset = local.strftime("%z")  # +0800
    hours, minutes = int(offset[1:3]), offset[3:5]
    if not hours and minutes == "00":
        return "UTC"
    words = f"UTC{offset[0]}{hours}" + (f":{minutes}" if minutes != "00" else "")
    name = local.tzname() or ""
    return f"{name} ({words})" if name.isalpha() else words
