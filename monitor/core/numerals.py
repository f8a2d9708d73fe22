"""Numbers in Chinese characters."""

CHINESE_NUMBER = "[零〇一二两三四五六七八九十]+"  # as a pattern
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}

_UNITS = {"十": 10, "百": 100, "千": 1000}


def chinese_number(digits: str) -> int:
    """The value of a number from 零 to 九十九 in Chinese characters."""
    tens, ten, ones = digits.rpartition("十")
    if not ten:
        return int("".join(str(_DIGITS[char]) for char in digits))
    first = _DIGITS.get(tens[-1:], 1)
    return first * 10 + (_DIGITS.get(ones[:1], 0))


def chinese_value(digits: str) -> int:
    """The value of a number below ten thousand, units included: 一百二十 is 120; a row of digits is read as
    such: 二〇二五 is 2025."""
    if not any(unit in digits for unit in _UNITS):
        return chinese_number(digits)
    value, digit = 0, 0
    for char in digits:
        if char in _UNITS:
            value += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            digit = _DIGITS[char]
    return value + digit
