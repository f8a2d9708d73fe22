"""Numbers in Chinese characters."""

CHINESE_NUMBER = "[零〇一二两三四五六七八九十]+"  # as a pattern
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}


def chinese_number(digits: str) -> int:
    """The value of a number from 零 to 九十九 in Chinese characters."""
    tens, ten, ones = digits.rpartition("十")
    if not ten:
        return int("".join(str(_DIGITS[char]) for char in digits))
    first = _DIGITS.get(tens[-1:], 1)
    return first * 10 + (_DIGITS.get(ones[:1], 0))
