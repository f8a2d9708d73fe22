"""Whether a CSS selector of a user's HTML list can be asked of a page."""

import re

_ATTRIBUTE = re.compile(r"::attr\([\w:-]+\)")
_BEHIND = re.compile(r"(^|,)\s*\+")


def css_problem(selector: str) -> str:
    """What is wrong with a selector, in words; "" when nothing is.

    Our two additions are taken out first: `::attr(x)` at the end and `+` in front of an alternative.
    """
    css = _BEHIND.sub(r"\1", _ATTRIBUTE.sub("", selector)).strip()
    if not css:
        return ""
    # Here, not above: it costs a third of a second that a configuration without HTML lists need not spend.
    import soupsieve

    try:
        soupsieve.compile(css)
    except soupsieve.SelectorSyntaxError as error:
        return f"“{selector}” is not a CSS selector: {str(error).splitlines()[0].lower()}"
    return ""
