"""Takes off an article what pages put before its first paragraph, behind its last and between them."""

import re
from collections.abc import Sequence

from spiders.asides import APPENDIX_OPENS, DISCUSSION_OPENS
from spiders.body import SENTENCE, Block

_BREADCRUMBS = 100  # bytes that look like a sentence and may stand before a headline
_BEGUN = 200  # bytes of running text after which a discussion may open
_PARAGRAPH = 80  # bytes of running text that no byline or breadcrumb has
_LABEL = 90  # characters; longer lines are not mere labels


def as_article(blocks: Sequence[Block], title: str, author: str = "") -> list[Block]:
    """The blocks without what stands before the headline repeated in them and what follows the article."""
    kept = blocks[_after_headline(blocks, title) :]
    kept = kept[: _before_appendix(kept)]
    kept = kept[: _before_link_list(kept)]
    kept = kept[: _before_bio(kept, author)]
    sources = _sources(kept)
    kept = kept[: _behind_sources(kept, sources)]
    return _without_ends(
        [block for at, block in enumerate(kept) if not block.aside and (at in sources or not _noise(block))]
    )


def text_of_blocks(blocks: Sequence[Block]) -> str:
    """The running text of an article, a paragraph a line."""
    return "\n".join(block.text for block in blocks)


# ── the headline repeated ──


def _after_headline(blocks: Sequence[Block], title: str) -> int:
    squeezed = _squeezed(title)
    before = after = 0
    for at, block in enumerate(blocks[: max(12, len(blocks) // 4)] if squeezed else ()):
        if len(block.text) < 400 and _squeezed(block.text) == squeezed:
            if block.tag != "h1" and before > _BREADCRUMBS:
                break
            after = at + 1
        else:
            before += block.weight()
    return after


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text)


# ── what follows ──

_RUN_OF_LINKS = 3
_ATTACHMENTS = re.compile(r"附\s?件|附\s?录|attachment|annex|download", re.IGNORECASE)


def _before_appendix(blocks: Sequence[Block]) -> int:
    """Where a line such as "related articles" or "3 comments" opens what is no longer the article."""
    weights = [block.weight() for block in blocks]
    total, so_far = sum(weights), 0
    for at, block in enumerate(blocks):
        short = len(block.text) < 60 and not block.aside
        if short and so_far * 2 > total and APPENDIX_OPENS.match(block.text):
            return at
        if so_far >= _BEGUN and len(block.text) < 100 and DISCUSSION_OPENS.match(block.text):
            return at
        so_far += weights[at]
    return len(blocks)


def _before_link_list(blocks: Sequence[Block]) -> int:
    """Where, behind the last running text, links follow each other; a list of attachments is no such list."""
    last = max((at for at, block in enumerate(blocks) if block.weight()), default=-1)
    run = 0
    for at in range(last + 1, len(blocks)):
        if _ATTACHMENTS.search(blocks[at].text) or _SOURCES.match(blocks[at].text):
            return len(blocks)
        run = run + 1 if blocks[at].link_share > 0.9 else 0
        if last >= 0 and run == _RUN_OF_LINKS:
            return at + 1 - run
    return len(blocks)


_LONGEST_BIO = 0.2  # of an article


def _before_bio(blocks: Sequence[Block], author: str) -> int:
    """Where the last paragraphs begin to tell of the author: by the name, and with little behind it."""
    weights = [block.weight() for block in blocks]
    total, so_far = sum(weights), 0
    for at, block in enumerate(blocks):
        late = at > 0 and total - so_far <= _LONGEST_BIO * total and so_far >= _BEGUN
        if (
            late
            and len(author) >= 5
            and block.text.startswith(author)
            and not block.text.startswith(f"{author}, ")
        ):
            return at
        so_far += weights[at]
    return len(blocks)


_SOURCES = re.compile(
    r"^(?:article |list of )?(?:references?|sources?|notes|footnotes|bibliography|further reading|"
    r"works cited)"
    r"(?: (?:&|and) (?:sources|references|notes|further reading))?\s*:?$|^参考(?:文献|资料)\s*[:：]?$",
    re.IGNORECASE,
)


def _sources(blocks: Sequence[Block]) -> frozenset[int]:
    """Places of the links that a list of references is made of."""
    found: set[int] = set()
    listing = False
    for at, block in enumerate(blocks):
        listing = bool(_SOURCES.match(block.text)) or (listing and block.tag in ("li", "p"))
        if listing:
            found.add(at)
    return frozenset(found)


def _behind_sources(blocks: Sequence[Block], sources: frozenset[int]) -> int:
    """Where a list of references ends: the little that may follow tells of the author and the site."""
    linked = [at for at in sources if blocks[at].tag == "li" and blocks[at].linked]
    if len(linked) < _RUN_OF_LINKS:
        return len(blocks)
    end = max(linked) + 1
    weights = [block.weight() for block in blocks]
    return end if sum(weights[end:]) <= _LONGEST_BIO * sum(weights) else len(blocks)


# ── both ends ──

_CLOCK_AND_DAY = re.compile(
    r"(?=.*\d{1,2}[:：]\d{2})(?=.*(?:\d{4}\s?[-/.年]\s?\d{1,2}|\b[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}|"
    r"\d{1,2} [A-Z][a-z]{2,8}\.? \d{4}))"
)
_DAY = re.compile(
    r"^\W*(?:on |date:? ?|日期[:：] ?|时间[:：] ?)?(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|"
    r"sat(?:ur)?|sun)(?:day)?,? )?"
    r"(?:[a-z]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,2}(?:st|nd|rd|th)? [a-z]{3,9}\.?,? \d{4}|"
    r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?)\W*$|"
    r"^\d+ (?:min(?:ute)?s?|hours?|days?) (?:read|ago)$",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"^(?:(?:written |posted |reported |story )?[Bb]y[: ]\s?[A-Z][\w.’'-]+(?:[ ,|&]|and|$)|"
    r"(?:published|posted|updated|last updated|modified|first published|this story is from)\b)",
)
_BYLINE_LOWERED = re.compile(
    r"^(?:published|posted|updated|last (?:updated|modified)|first published)\b|"
    r"^this story is from\b|^\d+ ?min(?:ute)?s?(?: read)?$|\bmin(?:ute)? read$|^reading time\b",
    re.IGNORECASE,
)
_SENTENCE_ENDS = re.compile(r"[.!?:;,。！？；：，、…][\s”\"'’）)\]】]*$")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PROSE_TAGS = frozenset({"p", "blockquote", "pre", "td", "th", "dd", "dt", "li", "center"}) | _HEADINGS


def _without_ends(blocks: list[Block]) -> list[Block]:
    """Less byline, date and chrome above the first paragraph, chrome and bare headings below the last."""
    heavy = [at for at, block in enumerate(blocks) if block.weight() >= _PARAGRAPH]
    if not heavy:
        return blocks
    before = [block for block in blocks[: heavy[0]] if not _is_byline(block) and not _is_chrome(block)]
    after = [block for block in blocks[heavy[-1] + 1 :] if not _is_chrome(block)]
    while after and after[-1].tag in _HEADINGS:
        after.pop()
    return [*before, *blocks[heavy[0] : heavy[-1] + 1], *after]


def _is_byline(block: Block) -> bool:
    text = block.text
    if len(text) > _LABEL or text.endswith(("。", "！", "？")):
        return False
    patterns = (_DAY, _BYLINE, _BYLINE_LOWERED, _CLOCK_AND_DAY)
    return any(pattern.search(text) for pattern in patterns)


def _is_chrome(block: Block) -> bool:
    """A short line of no sentence outside paragraphs: "Text size", a category, the name of a button."""
    if block.tag in _PROSE_TAGS or len(block.text) > 60 or not block.text.isascii():
        return not any(char.isalnum() for char in block.text)
    return not _SENTENCE_ENDS.search(block.text)


# ── between the paragraphs ──

_NOISE = re.compile(
    r"^[\[【(（●◆■▲]?\s*(?:责任编辑|責任編輯|责编|編輯[:：]|编辑[:：]|校对|监制|审核|打印|列印|关闭|"
    r"纠错|扫一扫|分享到|分享|收藏|"
    r"字号|字体|大\s*中\s*小|来源[:：]|來源[:：]|(?:本文|文章|稿件|信息|新闻)来源|发布时间|发布日期|"
    r"浏览次数|点击数|阅读量|"
    r"版权所有|版权声明|免责声明|特别声明|举报|点赞|返回|(?:阅读)?(?:上|下)一篇|原标题|"
    r"关键[词字]\s?[:：]|關鍵字|标签[:：]|"
    r"您?(?:所在|当前|的)的?位置|当前位置|正文已结束|"
    r"advertisement|share this|sign up\b|subscribe\b|story continues below|continue reading|follow "
    r"us|click here|"
    r"copyright|©|all rights reserved|skip to|our standards:)",
    re.IGNORECASE,
)
# The same, but words that a sentence may begin with too.
_LABELLED = re.compile(
    r"^[(\[]?(?:read (?:more|also|next)|also read|see also|related|more|watch|listen|photos?|"
    r"photograph|images?|"
    r"picture|credit|video|graphic|file photo|tags?|topics?|filed under|categor(?:y|ies)|source|"
    r"next story)\s?[:：]|"
    r"^(?:getty images?|file photo|loading\.*|play video|log in|sign in|print this|email this|print|"
    r"save|comments?|"
    r"reply|report|like|found this|get (?:our|the) (?:latest|newsletter)|follow .{1,30} on )\b",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"下[载載] ?APP|APP ?下[载載]|打开APP|加入好友|LINE ?好友|扫描?二维码|长按识别|"
    r"(?:加入|关注|關注|订阅|訂閱|join|follow).{0,30}Telegram|Telegram ?(?:群|频道|頻道|社群|交流|"
    r"官方|channel)|"
    r"关注.{0,12}公众号|公众号[:：]|(?:欢迎|歡迎|我要|请|請).{0,6}(?:来稿|來稿|投稿)|"
    r"(?:来稿|來稿|投稿|徵稿).{0,8}(?:[邮郵信]箱|@|[:：])|"
    r"^[【\[][^】\]]{0,8}(?:徵稿|征稿|投稿)|"
    r"(?:点击|點擊|立即|欢迎|歡迎|马上|免费|免費|敬请|长按).{0,8}(?:订阅|訂閱)|^(?:订阅|訂閱)|"
    r"(?:\bsign up|(?:^|[.!?:] ?)(?:subscribe|get|join|receive|read))\b.{0,60}\bnewsletters?\b|"
    r"\bour .{0,30}\bnewsletters?\b|"
    r"newsletters?\b.{0,40}(?:inbox|sign ?up|subscri)|"
    r"by (?:signing up|subscribing|submitting|clicking|providing your)|(?:uses?|accept(?:ing)?) "
    r"(?:our )?cookies|"
    r"(?:may|might) (?:receive|earn) (?:a )?(?:small )?(?:compensation|commission)|"
    r"advertiser disclosure|affiliate (?:links?|commission)|(?:follow|like) us on|download (?:our|the) app|"
    r"(?:免责|免責|版权|版權|郑重|特别|特別|风险|本站|本网)(?:声明|聲明|提示)[:：]|^[【\[]?(?:声明|"
    r"聲明)[:：】\]]|"
    r"不构成.{0,6}投资建议|all rights reserved|share to your network",
    re.IGNORECASE,
)
_CLOCK_ALONE = re.compile(r"^\d{1,2}[:.]\d{2}(?:\s?[ap]\.?m\b\.?)?(?:\s?[A-Z]{2,4})?$", re.IGNORECASE)
_CREDIT = re.compile(
    r"[(（\[](?:images?|photos?|pictures?|pic|credit|graphic)s?\s?[:：/][^()]{1,60}[)）\]]$", re.IGNORECASE
)
_LONGEST_CALL = 300  # characters; a longer paragraph only mentions such a thing


def _noise(block: Block) -> bool:
    if block.link_share > 0.6 and not (block.link_share < 1 and SENTENCE.search(block.text)):
        return True
    if block.tag not in _PROSE_TAGS and _CLOCK_ALONE.match(block.text):
        return True
    if len(block.text) < _LABEL and (_NOISE.match(block.text) or _is_label(block)):
        return True
    return len(block.text) < _LONGEST_CALL and bool(_CALL.search(block.text) or _CREDIT.search(block.text))


def _is_label(block: Block) -> bool:
    return bool(_LABELLED.match(block.text)) and (
        block.linked > 0 or not block.text.endswith((".", "?", "!"))
    )
