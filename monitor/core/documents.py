"""The document numbers in a text: who issued them, and whether they are its own or only cited."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.lexicon import Lexicon
from monitor.core.numerals import CHINESE_NUMBER, chinese_number

_OPEN, _SHUT = r"[\[({〔【［（〈<]", r"[\])}〕】］）〉>]"
# 〔2021〕237号 in whatever brackets, behind the issuer's sign: 银发, 国办函, 工信部联网安.
_BRACKETED = re.compile(rf"\s*{_OPEN}\s*(\d{{4}})\s*年?\s*{_SHUT}\s*(?:第\s*)?(\d{{1,5}})\s*号")
# 公告2026年第1号, 公告〔2023〕第12号, 令第15号, 公告》(2023年第23号); the kind may follow: 2026年第1号公告.
_NUMBERED = re.compile(
    rf"(公告|通告|令)\s*》?\s*{_OPEN}?\s*(?:(\d{{4}})\s*年?\s*{_SHUT}?\s*)?第\s*(\d{{1,5}}|{CHINESE_NUMBER})\s*号|"
    r"(?<!\d)(\d{4})\s*年\s*第\s*(\d{1,5})\s*号\s*(公告|通告|令)?"
)
_ENGLISH = re.compile(
    r"\b(?:(announcement|notice|order|decree) )?(?:no\.|no(?= ?\d)|number) ?(\d{1,5})\b"
    r"(?:,? (?:of |in )?[(\[]?(\d{4})\b)?"
)
_KINDS = {"announcement": "公告", "notice": "公告", "order": "令", "decree": "令"}
# A ministry counts its orders through; its announcements begin at 1 each year.
_COUNTED_THROUGH = "令"

_LONGEST_SIGN, _LONGEST_ISSUER, _LONGEST_TITLE = 16, 28, 80
_HAN_TAIL = re.compile(r"[\u4e00-\u9fff]+$")
_ISSUER_TAIL = re.compile(r"[\u4e00-\u9fff、 ]+$")
_TELLS = "印发|发布|公布|签发|出台|下发|发出|转发|制定|起草|通知|公告"
_CITES = (
    "贯彻|落实|根据|依据|依照|按照|遵照|执行|实施|废止|修订|修改|修正|解读|参照|"
    "对照|延续|学习|停止|推进|关于|失效"
)
_LEADING_IN = re.compile(rf".*(?:{_TELLS}|{_CITES}|部署|文件|规定|办法|[的对为与及])")
_TOLD_BY = re.compile(rf"(?:联合|正式|今日|近日|最新|新|的|{_TELLS})+$")
_PIECE = re.compile("[^ 、]+")
_BODY_ENDING = re.compile(r"[\u4e00-\u9fff]{1,18}(?:[部局委署院会办行厅府室司]|中心|银行)")
_NO_SIGN = re.compile("(?:通知|意见|办法|方案|决定|计划|规定|文件|批复)$")
# Signs of the centre's bodies, known wherever they begin; a local body puts one character before.
_CENTRAL_SIGN = re.compile(
    "(?<![京津沪渝冀豫云辽黑湘皖鲁苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼深穗])"
    "(?:国办?[发函]|国办发明电|中办?发|银办?[发函]|财税|财[\u4e00-\u9fff]发|(?:工信[部厅]|中网办|国信办)[\u4e00-\u9fff]{0,4}|"
    "(?:国市监|国卫|国知|国科|银保监|税总|证监|发改|人社[部厅])[\u4e00-\u9fff]{1,4})$"
)
_STATED = 0.9  # weight from which a body is one in particular, not “the authorities”

# A reader of the document, not its issuer: the cue, then at most the issuer's full name.
_CITED = re.compile(
    rf"(?:{_CITES})(?![^\s]*(?:通知|公告|意见|办法|决定|方案|规定|函)$)[^,，。;；:：()（）\s]{{0,12}}$"
)
_CITED_IN_ENGLISH = re.compile(
    r"\b(?:under|pursuant to|in line with|based on|according to|in accordance with"
    r"|(?:implement|repeal|amend|revis|replac|interpret|explain|enforc)\w*)\b[^.,;:()]{0,60}$"
)
_EXPLAINED = re.compile(rf"^\s*(?:{_SHUT}|》|文件|文)*\s*(?:的|政策)*(?:解读|问答|释义)")
_QUOTED_BEFORE = re.compile(rf"》\s*{_OPEN}?\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Document numbers in one spelling, 银发[2021]237; an announcement's begins with its issuer."""

    own: frozenset[str] = frozenset()  # the document the text is or tells of
    cited: frozenset[str] = frozenset()  # those it implements, repeals, explains
    unsigned: frozenset[str] = frozenset()  # 公告[2026]1: many ministries have one


def documents_of(folded: str, lexicon: Lexicon) -> Documents:
    """Read the document numbers of a folded text."""
    found = [*_bracketed(folded), *_numbered(folded, lexicon), *_english(folded, lexicon)]
    own = frozenset(number for issuer, number, cited in found if issuer and not cited)
    return Documents(
        own=own,
        cited=frozenset(number for issuer, number, _ in found if issuer) - own,
        unsigned=frozenset(number for issuer, number, _ in found if not issuer),
    )


def without_numbers(folded: str) -> str:
    """The text less its document numbers, which are no amounts."""
    return _NUMBERED.sub(" ", _BRACKETED.sub(" ", folded))


def _bracketed(folded: str) -> Iterator[tuple[str, str, bool]]:
    """Issuer ("" if unknown), number, and whether it is only cited."""
    for found in _BRACKETED.finditer(folded):
        run = _HAN_TAIL.search(folded[max(0, found.start() - _LONGEST_SIGN) : found.start()])
        if run and run[0].endswith(("公告", "通告", "令")):
            continue  # 中国人民银行公告〔2023〕第12号 is read as an announcement
        sign = _sign(run[0]) if run else ""
        yield (
            sign,
            f"{sign}[{found[1]}]{int(found[2])}",
            _is_cited(folded, found.start() - len(sign), found.end()),
        )


def _sign(run: str) -> str:
    """The issuer's sign at the end of a run of characters: 国发 of 印发贯彻落实国发."""
    if central := _CENTRAL_SIGN.search(run):
        return central[0]
    sign = _LEADING_IN.sub("", run)
    return sign[-8:] if len(sign) >= 2 and not _NO_SIGN.search(run) else ""


def _numbered(folded: str, lexicon: Lexicon) -> Iterator[tuple[str, str, bool]]:
    for found in _NUMBERED.finditer(folded):
        kind, year = found[1] or found[6] or "", found[2] or found[4] or ""
        issuer, start = _issuer(folded, found.start(), lexicon) if kind else ("", found.start())
        number = f"{kind}{f'[{year}]' if year else ''}{_value(found[3] or found[5])}"
        if not year and kind != _COUNTED_THROUGH:
            issuer = ""
        yield issuer, f"{issuer} {number}".strip(), _is_cited(folded, start, found.end())


def _value(digits: str) -> int:
    return int(digits) if digits.isdecimal() else chinese_number(digits)


def _issuer(folded: str, end: int, lexicon: Lexicon) -> tuple[str, int]:
    """Who stands before a number, and where the name begins."""
    before = folded[max(0, end - _LONGEST_TITLE) : end]
    if before.endswith("的") and "关于" in before:  # 商务部关于…的公告(2023年第23号)
        before = before[: before.rindex("关于")]
        end -= len(folded[max(0, end - _LONGEST_TITLE) : end]) - len(before)
    chunk = _ISSUER_TAIL.search(before[-_LONGEST_ISSUER:])
    if chunk is None:
        return "", end
    stripped = _TOLD_BY.sub("", chunk[0].rstrip())
    leading = _LEADING_IN.match(stripped)
    named = stripped[leading.end() :] if leading else stripped
    return _first_of(named, end - len(chunk[0]) + len(stripped) - len(named), lexicon)


def _first_of(named: str, start: int, lexicon: Lexicon) -> tuple[str, int]:
    """Of several that issue together (商务部 海关总署) the first, who gives the number, and its place."""
    issuer, place = "", start + len(named)
    for piece in reversed(list(_PIECE.finditer(named))):
        name = _named(piece[0], lexicon)
        if not name:
            break
        issuer, place = name, start + piece.start()
    return issuer, place


def _named(piece: str, lexicon: Lexicon) -> str:
    """A body's name as the lexicon has it, after its place; else the name as written."""
    tokens = lexicon.tokens(piece).values()
    bodies = [t.text.removeprefix("=") for t in tokens if t.kind == "body" and t.weight >= _STATED]
    if bodies:
        places = [t.text.removeprefix("=") for t in tokens if t.is_place and t.weight > 0.5]
        return " ".join((*places[:1], bodies[0]))
    return piece if _BODY_ENDING.fullmatch(piece) else ""


def _english(folded: str, lexicon: Lexicon) -> Iterator[tuple[str, str, bool]]:
    for found in _ENGLISH.finditer(folded):
        kind, number, year = _KINDS.get(found[1], "no "), int(found[2]), found[3]
        issuer = ""
        if found[1] and (year or kind == _COUNTED_THROUGH):
            before = re.split("[.;:,]", folded[max(0, found.start() - 60) : found.start()])[-1]
            issuer = _english_issuer(before, lexicon, -1) or _english_issuer(
                folded[found.end() : found.end() + 60], lexicon, 0
            )
        numbered = f"{kind}{f'[{year}]' if year else ''}{number}"
        yield issuer, f"{issuer} {numbered}".strip(), _is_cited(folded, found.start(), found.end())


def _english_issuer(text: str, lexicon: Lexicon, place: int) -> str:
    tokens = lexicon.tokens(text).values()
    bodies = [t.text.removeprefix("=") for t in tokens if t.kind == "body" and t.weight >= _STATED]
    return bodies[place] if bodies else ""


def _is_cited(folded: str, start: int, end: int) -> bool:
    if _EXPLAINED.match(folded[end : end + 20]):
        return True
    before = folded[max(0, start - _LONGEST_TITLE) : start]
    if _QUOTED_BEFORE.search(before) or before.rfind("《") > before.rfind("》"):
        before = before[: max(0, before.rfind("《"))]
    return bool(_CITED.search(before) or _CITED_IN_ENGLISH.search(before))
