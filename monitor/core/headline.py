"""Takes off a headline and a lead what is the outlet's: its name, labels, datelines, appended questions."""

import re

# « - CNBC», « | TechCrunch», «_新浪财经»: a short last piece after a spaced dash, a bar or an underscore.
_OUTLET_BEHIND = re.compile(r"\s+[-–—|]\s+[^-–—|]{2,40}$|\s*[|_｜]\s*[^|_｜]{2,20}$")
_LABELS = (
    "快讯", "突发", "最新", "独家", "重磅", "视频", "早报", "热点", "要闻", "速递", "官方", "媒体", "外媒",
    "消息称", "刚刚", "原创", "转载", "图解", "一图读懂", "详讯", "滚动",
)  # fmt: skip
_CHINESE_LABEL = re.compile(rf"^\s*[\[【(（]?(?:{'|'.join(_LABELS)})[\]】)）]?\s*[|｜丨:：·!！,，]\s*")
_BRACKETED_LABEL = re.compile(r"^\s*[\[【]([^\]】]{1,10})[\]】]\s*(?=\S{6})")
_ENGLISH_LABELS = (
    "focus", "headlines", "update", "urgent", "breaking", "exclusive", "feature", "commentary", "explainer",
    "watch", "live", "analysis", "opinion", "video", "just in", "factbox", "fact box",
)  # fmt: skip
_ENGLISH_LABEL = re.compile(
    rf"^\s*(?:(?:[\w']+ ){{0,2}}(?:{'|'.join(_ENGLISH_LABELS)})|across china|facts about [^:]{{3,40}})"
    r"\s*[:|]\s*",
    re.IGNORECASE,
)
_ENGLISH_TAIL = re.compile(
    r"[:,]\s*(?:an? )?(?:report|reports|official|officials|ministry|sources?|article|spokesperson"
    r"|media|study)(?: says?)?\s*$|,? (?:reports?|sources?|officials?) says?\s*$",
    re.IGNORECASE,
)
# A question-and-answer site asks what readers make of it: «…，有哪些信息值得关注？»
_QUESTION = re.compile(
    r"[,，?？。\s][^,，?？。\s]*(?:什么|哪些|如何|怎么|为何|怎样|何种|解读|意味着|关注)[^,，?？。]*[?？]\s*$"
)
_SPACE = re.compile(r"\s+")
_READ = 300  # characters of a title that are read; longer ones are bodies in the wrong place
_READ_OF_LEAD = 600
_LEAST_LEFT = 6  # characters that must remain for a piece to be taken off

_CHINESE_DATELINE = re.compile(
    r"^\s*(?:[^,，。:：]{0,16}?\d{1,2}\s*月\s*\d{1,2}\s*日\s*(?:消息|讯|电|报道)?|[^,，。:：\s]{2,8}(?:获悉|讯|消息))\s*[,，:：]?\s*"
)
_ACCORDING = re.compile(r"^\s*据[^,，。]{2,30}(?:消息|报道|获悉|公众号|官网)?\s*[,，]\s*")
_ENGLISH_DATELINE = re.compile(r"^\s*[A-Z][A-Za-z\d ,.]{2,40}(?:\([^)]{2,20}\)\s*)?(?:--|—|–)\s+")


def bare_title(title: str) -> str:
    """The title without the outlet's name, labels such as 快讯| or China Focus:, and appended questions."""
    text = _off(_OUTLET_BEHIND, _start(title, _READ))
    for label in (_CHINESE_LABEL, _BRACKETED_LABEL, _ENGLISH_LABEL):
        text = _off(label, text)
    for tail in (_QUESTION, _QUESTION, _ENGLISH_TAIL):
        text = _off(tail, text)
    return text


def bare_lead(lead: str) -> str:
    """The lead without its dateline and the naming of where it was read."""
    text = _start(lead, _READ_OF_LEAD)
    for opening in (_ENGLISH_DATELINE, _CHINESE_DATELINE, _ACCORDING):
        text = _off(opening, text)
    return text


def _start(text: str, length: int) -> str:
    """The first so many characters, runs of white space drawn together: patterns meet no long runs."""
    return _SPACE.sub(" ", text[: 4 * length]).strip()[:length].rstrip()


def _off(pattern: re.Pattern[str], text: str) -> str:
    left = pattern.sub("", text, count=1).strip()
    return left if len(left) >= _LEAST_LEFT else text
