"""What stands in a report but is no news: datelines, bylines, labels and list marks in front of a sentence,
and whole sentences of credits, notices and advertising."""

import re
from dataclasses import dataclass

_WINDOW = 160  # characters: no dateline is longer
_MOST_LEADS = 12  # list mark, headline, outlet, reporter, place, date … one behind the other
_SHORTEST_TITLE = 6  # characters; a shorter one may be the subject of any sentence

# ── in front of a Chinese sentence ──

_DATE = r"(?:(?:\d{4} ?年 ?)?\d{1,2} ?月 ?)?\d{1,2} ?日"
_CLOCK = r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?"
_PART = r"(?:[，,：:|｜丨、\s]+|(?=[（(【\[〔])|$)"  # what parts a dateline from the sentence
_OUTLET = r"[\w·•&+.-]{2,16}?(?: [\w·]{1,12}?)?"  # IT之家 · 深潮 TechFlow · 中国证券报·中证网
_PLACE = r"[\w·•&+.-]{0,24}?"  # an outlet and a city, as in 新华社日内瓦
_WIRE = r"(?:专?[电電]|快?[讯訊])"
_TELLS = r"(?:消息|报道|報道|報導|获悉|獲悉)"
# "据新华社报道，" says whose news it is, and "市场消息，" how little is known: both stay.
_ATTRIBUTED = (
    r"(?!据|據|根据|根據|综合|綜合)"
    r"(?!\w{0,16}?(?:市场|市場|业内|業內|内部|坊间|坊間|知情|人士|官方|权威|多方|可靠|有消息|[外港美日英台]媒|媒[体體]|路透|彭博|"
    r"法新|美联|美聯|共同社|塔斯|韩联|华尔街|金融时报|纽约时报|[从從向另再曾添]|此前|先前|早前|昨[日天]|今[日天]|援引|参考|參考|结合|"
    r"警方))"
)
_AUTHORITY_ENDS = r"(?<![部委局署院厅廳行府会會者方])(?<!\dG)"
# 中兴通讯（000063） and 腾讯， are companies.
_NO_COMPANY = r"(?<![腾騰资資通视視立喜音短简])"
# 11月24日电子支付… goes on with another word than 电.
_NO_WORD = r"(?![子视視力影商池信话話网動动器价煤脑竞磁气氣缆梯])"
_NAMES = (
    r"[㐀-鿿·]{2,4}(?:[、，,/／] ?[㐀-鿿·]{2,4}|\s(?!编辑|編輯|记者|記者|作者|摄影)[㐀-鿿]{2,3}(?=\s)){0,4}"
)
_REPORTER = r"(?:记者|記者|通讯员|通訊員)"
_KEYS = (
    r"(?:发布时间|發布時間|发布日期|發布日期|发表时间|更新时间|时间|時間|日期|(?:信息|文章|新闻|稿件)?来源|來源|稿源|作者|编辑|編輯|"
    r"责任编辑|责编|浏览次数|浏览量|浏览|阅读量?|点击量?|點擊)"
)

_CHINESE_LEADS = (
    # （记者 张三、李四） · 【环球时报记者 张三】 · 〔記者巫其倫／台北報導〕
    r"[（(【\[〔](?=[^（()）【】〔〕]{0,60}?(?:记者|記者|作者|通讯员|通訊員|编辑|編輯|撰稿|文/))[^（()）【】〔〕]{2,60}[）)】\]〕]"
    r"[，,：:\s]*",
    # 【财新网】 · （新华社） · 【本報訊】 · (中央社台北24日電)
    r"[（(【\[〔][^（()）【】〔〕\[\]]{0,30}?(?:[电電讯訊网網报報社]|报道|報道|報導|消息|新闻|新聞|电台|電台|客户端)[）)】\]〕]"
    r"[，,：:\s]*",
    # A headline or a column's name; 【…】 is no part of a sentence.
    r"[【〖][^【】〖〗]{1,80}[】〗][，,：:\s]*",
    # 界面新闻记者 | 张三 · 文/张三 · 作者：张三
    rf"[\w·]{{0,10}}?(?:{_REPORTER}|作者|撰文|编辑|編輯|图?文)\s?[|｜丨/／:：]\s?{_NAMES}\s+",
    # 记者张三报道： · 記者巫其倫／台北報導 · 本报记者 张三
    rf"[\w·]{{0,10}}?{_REPORTER}\s?(?![从從在了获獲注]){_NAMES}[\s/／、]{{0,2}}[㐀-鿿]{{0,8}}?(?:报道|報道|報導)[：:，,\s]+",
    rf"[\w·]{{0,10}}?{_REPORTER}\s(?!近日|今日|昨日|日前|获悉|从){_NAMES}\s+",
    # 发布时间：2026-11-24 10:23 来源：国家网信办 字号：大 中 小
    rf"{_KEYS}\s?[:：]\s?[^\s。，,：:]{{1,24}}(?:\s{_CLOCK})?\s+",
    r"字[号號体體]\s?[:：]?\s?[\[【]?(?:\s?(?:特?大|中|小|默认|标准|T|A[+-]?)){1,4}[\]】]?\s+",
    rf"\d{{4}}[-/.年] ?\d{{1,2}}[-/.月] ?\d{{1,2}}日?\s{{1,3}}{_CLOCK}\s+",
    r"(?:(?:内容)?摘要|导读|導讀|核心提示|导语|内容提要|提要|编者按|編者按|编前语|概要)\s?[:：]\s*",
    r"[答A](?:复|nswer)?[:：]\s*",
    r"第[一二三四五六七八九十百零〇\d]{1,6}[条條](?:之[一二三四])?[\s：:]+",  # 第五条规定， is prose
)

# Once only: "IT之家 4 月 7 日消息，央视新闻报道，" is an outlet and whose news it tells.
_CHINESE_OUTLETS = (
    # 新华社北京11月24日电 · 财联社11月24日讯， · 中央社24日電
    rf"(?!据|據){_PLACE} ?[，,]? ?{_DATE} ?{_WIRE}{_PART}",
    rf"(?!据|據)[\w·]{{0,6}}?[社报報网網台][㐀-鿿]{{0,8}}?{_DATE}专?[电電]{_NO_WORD}",
    # IT之家 4 月 7 日消息， · 格隆汇11月24日｜
    rf"{_ATTRIBUTED}(?:{_OUTLET} ?)?{_DATE} ?(?:{_TELLS}{_PART}|[|｜丨]\s?)",
    # 新京报讯（记者张三） · 每经AI快讯，11月24日， · 新华社北京电
    rf"(?!据|據){_OUTLET}(?:快[讯訊]|{_NO_COMPANY} ?[讯訊]){_PART}(?:{_DATE}(?:消息)?{_PART})?",
    rf"(?!据|據)[\w·]{{0,6}}?社[㐀-鿿]{{0,6}}?专?[电電]{_PART}",
    # 金色财经报道， · BlockBeats 消息，11 月 24 日， · 36氪获悉，
    rf"{_ATTRIBUTED}{_OUTLET}{_AUTHORITY_ENDS} ?{_TELLS}[，,：:]\s*(?:{_DATE}[，,：:\s]+)?",
)

# ── in front of an English sentence ──

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6}\.?"
_DAY = rf"(?:{_MONTH} \d{{1,2}}(?:, ?\d{{4}})?|\d{{1,2}} {_MONTH}(?: \d{{4}})?)"
_HOUR = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})? ?(?:[ap]\.?m\.?)?(?: ?(?:UTC|GMT|BJT|CST|HKT|SGT|E[SD]?T))?"
_STAMP = rf"(?:{_DAY}|\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}})(?:,? (?:at )?{_HOUR})?"
_TOWN = r"[A-ZÀ-Þ][\w'’.-]{0,20}(?: [A-Z][\w'’.-]{0,20}){0,3}"
_TOWNS = rf"{_TOWN}(?:[,/] ?{_TOWN}){{0,3}}"
_CAPITALS = r"[A-Z][A-Z'’.-]+(?:[ /][A-Z][A-Z'’.-]+){0,3}(?:, ?[A-Z][A-Za-z'’. -]{1,20})?"
_AGENCY = r"(?:\([A-Z][\w .&/'’-]{1,40}\)|/[A-Z][\w .-]{2,30}/)"
# Bitcoin (BTC) – the coin: capitals in brackets behind a town in small letters are no agency, save these.
_NAMED_AGENCY = (
    r"(?:\((?:[A-Z][\w .&/'’-]{0,38}[a-z][\w .&/'’-]{0,20}|"
    r"AP|AFP|APP|ANI|BBC|CNA|CNN|CNS|ECNS|IANS|PTI|UPI|WAM)\)"
    r"|/[A-Z][\w .-]{2,30}/)"
)
_DASH = r" ?(?:--+|[—–−]|-(?= )) ?"
_SENTENCE = r"(?=[“\"‘'\[(]?[A-Z0-9$¥])"

_ENGLISH_LEADS = (
    # BEIJING/SHANGHAI, Nov 24 (Reuters) - · HONG KONG, November 24, 2026 /PRNewswire/ -- · Nov. 24 –
    rf"(?:{_TOWNS},? )?{_DAY},?(?: ?{_AGENCY})?(?:{_DASH}| ?: ){_SENTENCE}",
    rf"{_CAPITALS} {_AGENCY}{_DASH}{_SENTENCE}",
    rf"(?:{_TOWNS} ?{_NAMED_AGENCY}|{_AGENCY}){_DASH}{_SENTENCE}",
    rf"{_CAPITALS} ?(?:--+|[—–−]) ?{_SENTENCE}",
    rf"[A-Z]{{4}}[A-Z'’.]*(?: [A-Z'’.]{{2,}}){{0,3}} - {_SENTENCE}",
    rf"\[[^\[\]]{{2,40}}\] {_TOWNS}{_DASH}{_SENTENCE}",
    # Xinhua | 2026-11-24 10:00:00 · Updated on Nov. 24 at 9:00 a.m.
    rf"[A-Z][\w .&'’-]{{1,30}} ?[|｜] ?{_STAMP}[\s|·]+{_SENTENCE}",
    r"[A-Z]{4,20}(?: [A-Z]{2,20})? ?[|｜] ?(?=[A-Z][a-z])",  # COMMENTARY |
    rf"[(（\[【] ?{_STAMP} ?[)）\]】]\s*",
    rf"(?:Last )?(?:[Uu]pdated|Published|Posted|Modified)(?: on| at)? ?:? ?{_STAMP}[\s|·]+{_SENTENCE}",
    r"(?:Summary|Abstract|Key takeaways?|Editor['’]s note)\s?:\s*",
)

_BULLET = r"(?:[•·|｜■●▲◆◇▪➤►※\s]|[-–*](?=\s))+(?=\S)"  # -1 is a number, *ST a share
_LEADS = tuple(re.compile(pattern) for pattern in (_BULLET, *_CHINESE_LEADS, *_ENGLISH_LEADS))
_OUTLETS = tuple(re.compile(pattern) for pattern in _CHINESE_OUTLETS)
_LIST_MARK = re.compile(
    r"[（(](?:[一二三四五六七八九十]{1,3}|\d{1,2}|[a-z])[）)]\s*"
    r"|[一二三四五六七八九十]{1,3}[、．.](?![二三四五六七八九])\s*"  # 一、二线城市 are no list
    r"|\d{1,2}(?:[.．](?!\d)|[、)）])\s*"
    r"|[①-⑳]\s*"
)

# ── whole sentences ──

_BOILERPLATE = re.compile(
    r"[（(【\[〔]?\s?(?:"
    r"(?:本报|本网|本報|图片|圖片)?(?:记者|記者|作者|来源|來源|文章来源|信息来源|稿件来源|编辑|編輯|责任编辑|責任編輯|责编|校对|供稿|摄影|"
    r"原标题|发布时间|发布日期|时间|日期|字号|打印|分享|编译|审核|监制|统筹|附件?|备注|注\d{0,2}|註|主持人|问|問)\s?[:：丨|]"
    r"|(?:本[站网網报報刊文]|平台|网站|重要)?(?:特别声明|特別聲明|郑重声明|鄭重聲明|免责声明|免責聲明|版权声明|风险提示|風險提示|声明|聲明|"
    r"风险警示|投资提示)(?:\s?[:：]|[及与和])"
    r"|本文(?:源自|来自|來自|来源|转自|轉自|首发|系|作者|仅|不构成)|(?:相关|相關|推荐|更多)(?:新闻|新聞|阅读|閱讀|报道|報道)\s?[:：|丨《]|延伸(?:阅读|閱讀)"
    r"|更多(?:内容|內容|精彩|资讯|資訊|信息)|(?:此件|本文件)(?:公开|主动公开)|点击|點擊|扫描|扫码|长按|欢迎(?:关注|订阅|下载)|版权所有|版權所有"
    r"|图[为源：:]|圖[為源：:]|资料图|資料圖"
    r"|(?:Editors?|Edited by|Reporting by|Writing by|Sources?|Updated|Published|Posted|Photo|Image|Author|"
    r"Written by|Caption|Credit|Notes?|Disclosures?|Disclaimer|Advertisement|Correction|Q|Question|"
    r"Further reading|Related(?: stories)?|Also read|Recommended|More on this)\s?:"
    r"|(?:Reporter|Moderator|Host|Interviewer)\b[^.:]{0,40}:"
    r"|(?:Edited|Reporting|Additional reporting|Writing|Photo|Image) by "
    r"|By(?: (?:[A-Z][\w.'’-]*|and|in|for|of|the|&)[,|/]?)+\.?$"
    r"|Copyright\b|©|All rights reserved|Our Standards\b"
    r"|Read (?:more|our|also)\b|(?:We|I) may (?:earn|receive)\b|Subscribe\b|Sign up\b"
    r"|Click here\b|Follow us\b|Share this\b"
    r"|Cookies (?:help|allow|enable|let)\b|(?:We|This (?:web)?site) uses? cookies\b"
    r"|By (?:continuing|using|clicking|signing|subscribing)\b[^.]{0,60}\b[Yy]ou\b"
    r"|Good (?:morning|afternoon|evening)\b|(?:Hello|Hi|Dear)[ ,]|Thank(?:s| you)\b(?! to\b)"
    r"|Welcome (?:back )?to\b"
    r"|Let (?:me|us) know what you\b|Why you can trust\b|Your email\b)"
)
_BOILERPLATE_ANYWHERE = re.compile(
    r"不构成(?:任何)?(?:投资|交易)?建议|(?:本文|文章|内容|观点)[^，。]{0,6}仅代表|仅代表作者|不代表本[网站报平]|转载请|轉載請|"
    r"未经[^，。]{0,10}(?:授权|许可|允许)，?[^，。]{0,6}(?:转载|复制)|关注[^，。]{0,12}公众号|请(?:关注|下载|订阅)|"
    r"邮编|邮政编码|郵編|传真[：:]|联系电话|[\w.-]@[\w-]+\.\w|"
    r"(?i:appeared first on|originally (?:published|appeared)|(?:republished|reprinted) (?:with|from|by)|"
    r"all rights reserved|not (?:investment|financial|legal) advice|paid subscri|our newsletter|"
    r"email address will|thank(?:s| you) for (?:the|your|reading|watching|joining)|affiliate links?|"
    r"our (?:terms|privacy)|help us improve th)"
)
_COLUMN = re.compile(r"^[|｜]|\s[|｜]\s|\t")  # Xbox Series X|S is a name
# What stands behind a caption on its line: /VCG · REUTERS/Tingshu Wang · [Photo/Xinhua] · 新华社记者 张三 摄
_PHOTO_CREDIT = re.compile(
    r"/ ?[A-Z]{2,}|[\[(（]? ?(?:Photo|Image|Picture|Credit|REUTERS|AFP|AP|VCG|CFP|Getty)\b"
    r"|[\[(（]\w[\w ]{0,20}/"
    r"|.{0,30}(?:摄|攝|供图|供圖|图源|圖源|制图|製圖)[^\w]{0,2}$|[（(]?(?:图片|圖片|图|圖)[/：:]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Where the words of a sentence begin, and whether an entry's number or letter stood before them."""

    at: int
    listed: bool = False


def opening_of(source: str, start: int, end: int, title: str = "") -> Opening:
    """Pass what stands in front of the sentence source[start:end]: datelines, bylines, headlines, list marks.

    A sentence that only begins with a town or a day keeps them, and so does one that names whose news it
    tells (据新华社报道，).
    """
    at, listed, named = start, False, False
    for _ in range(_MOST_LEADS):
        window = min(end, at + _WINDOW)
        passed = _pass_first(_LEADS, source, at, window)
        if not named:
            behind = _pass_first(_OUTLETS, source, passed, window)
            named, passed = behind > passed, behind
        if mark := _LIST_MARK.match(source, passed, end):
            listed, passed = True, mark.end()
        passed = _pass_title(source, passed, title)
        if passed == at:
            break
        at = passed
    return Opening(at=at, listed=listed)


def is_boilerplate(text: str) -> bool:
    """Whether a sentence is a credit, a notice, an advertisement, a question, or a row of a table."""
    # A sentence that ends in a quoted question (asked: “Why?”) tells something.
    if text.endswith(("?", "？")) or _COLUMN.search(text):
        return True
    return bool(_BOILERPLATE.match(text) or _BOILERPLATE_ANYWHERE.search(text))


def is_photo_credit(text: str) -> bool:
    """Whether a piece names who took a picture; the sentence before it on its line is the caption."""
    return len(text) <= 60 and _PHOTO_CREDIT.match(text) is not None


def _pass_first(leads: tuple[re.Pattern[str], ...], source: str, at: int, end: int) -> int:
    return next((found.end() for lead in leads if (found := lead.match(source, at, end))), at)


def _pass_title(source: str, at: int, title: str) -> int:
    """Past the headline when it stands on the sentence's own line, parted by a blank or a colon."""
    if len(title) < _SHORTEST_TITLE or not source.startswith(title, at):
        return at
    behind = re.compile(r"\s?[:：|｜—–-]*\s(?=[^\Wa-z])|[:：|｜]").match(source, at + len(title))
    return behind.end() if behind else at
