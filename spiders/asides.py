"""The tags, roles, names and lines by which pages tell what stands beside an article or follows it."""

import re
from functools import lru_cache

ASIDE_TAGS = frozenset({"nav", "footer", "aside", "header", "figcaption", "menu", "dialog"})
SKIPPED_TAGS = frozenset({"nav", "menu", "dialog"})
_ASIDE = re.compile(
    r"comment|sidebar|side-bar|\bside\b|footer|\bfoot\b|\bnav|menu|breadcrumb|crumb|share|social|"
    r"related|recommend|"
    r"recirc|promo|advert|\bads?(?:[-_]|\b)|subscri|newsletter|sign-?up|login|modal|popup|cookie|"
    r"copyright|hotnews|"
    r"\brank|pagination|\bpager|toolbar|author-?bio|bio-|disqus|outbrain|taboola|sponsor|(?"
    r"<!elementor-)widget|caption|"
    r"most-?(?:read|popular)|trending|more-?(?:news|stories|from)|read-?more|also-?like|hidden|sr-only|"
    r"visually|tooltip|banner|editor_?(?:name|info)|statement|disclaim|xgyd|xgwz|xgxw|tuijian|"
    r"pinglun|fenxiang|"
    r"byline|(?:\b|[-_])authors?(?:\b|[-_])|timestamp|(?:post|entry|article)-?meta|read(?:ing)?-?time|"
    r"(?:\b|[-_])tags(?:\b|[-_])|tag-?(?:list|cloud)|paywall|regwall|gdpr|consent|carousel|cptn|"
    r"(?:photo|image)-?credit|(?:latest|popular|recent|next|prev(?:ious)?)-?(?:news|posts?|stor(?:y|"
    r"ies)|articles?)|"
    r"post-?nav|up-?next|\bcta\b|donat(?:e|ion)|feedback|\bsurvey|\btoc\b|table-of-contents"
)  # of names in lower case
# Class words that tell of a page's set-up and not of what the element is: WordPress's "tag-newsletter" and
# "has-sidebar", Tailwind's "md:hidden".
_SETUP = re.compile(
    r"(?:^|(?<=\s))(?:(?:no|has|with|without|tag|category|topic|status|format)-\S+|comments-(?:open|"
    r"closed)|\S*:\S+)"
)
_SHOWN_WHEN_WIDE = re.compile(r"\w:(?:block|flex|grid|inline)")
# Names that may be believed whatever a page looks like.
_NEVER = re.compile(
    r"comment(?!ary)|disqus|\breplies|pinglun|\bdiscuss|cookie|consent|gdpr|onetrust"
    r"|related|recommend"
)
ASIDE_ROLES = frozenset({"navigation", "complementary", "banner", "contentinfo", "search", "dialog"})
CONTENT = re.compile(
    r"(?:article|post|entry|story|news|main|detail|page)[-_]{0,2}(?:body|content|text|txt|con|copy)|"
    r"(?:body|content|text)[-_]{0,2}(?:article|post|entry|story|news|main|detail|area)|"
    r"trs_(?:ue)?editor|^content$|^zoom$|^article$|^post$|^entry$|rich-?text|prose"
)  # of names in lower case
# ── lines ──

APPENDIX_OPENS = re.compile(
    r"^[\[【●■◆▍|]?\s*(?:相[关關](?:阅读|閱讀|新闻|新聞|链接|文章|报道|報導|稿件|推荐|内容|內容|资讯"
    r"|專題|专题)|"
    r"延伸(?:阅读|閱讀)|推荐(?:阅读|新闻)|与内文相关的链接|"
    r"(?:热门|熱門|热点).{2,4}|(?:编辑|編輯)部?推[荐薦]|[为為]你推[荐薦]|猜你喜欢|更多.{2,6}|"
    r"网友(?:评论|回应)|網友回應|"
    r"(?:小编|作者)(?:最近|更多|其他)文章|"
    r"related(?: articles?| stories| news| topics| content| posts| coverage| reading)?|"
    r"more (?:on this|from|in|news|stories) ?.{0,40}|"
    r"(?:latest|top|visual|popular|featured|trending|more|other|recent) (?:insights|news|stories|"
    r"articles|posts)|"
    r"read (?:more|next)|keep reading|up next|next (?:story|article|post).{0,80}|most (?:read|"
    r"popular|viewed)|"
    r"recommended(?: (?:for you|stories|reading))?|you (?:may|might) also like|what to read next|"
    r"explore more.{0,20}|"
    r"about the authors?|sponsored(?: content)?|share this(?: article| story| post)?|tags|topics|disclaimer)"
    r"\s*[\]】:：]?$",
    re.IGNORECASE,
)
DISCUSSION_OPENS = re.compile(
    r"^(?:(?:最新|全部|热门|熱門|精彩|网友|網友|用户|我要|发表|發表|文章)(?:评论|評論|跟帖|留言)|"
    r"评论区|評論區)"
    r"\s*[（(]?\d*\s?[条條]?[)）]?$|"
    r"^(?:\d+ |view |show |hide |all |leave a |post a |add a |reader )?(?:comments?|reply|replies)"
    r"(?: ?\(\d+\))?\s*:?$|"
    r"^\d+ (?:responses|thoughts|replies|comments) (?:to|on)\b.{0,90}$|"
    r"^(?:join|start) (?:the|a) (?:conversation|discussion)|^end of article$",
    re.IGNORECASE,
)

# ── names ──


@lru_cache(maxsize=16_384)
def is_aside(names: str) -> bool:
    """Whether classes and ids, in lower case, are those of what stands beside an article."""
    if _SHOWN_WHEN_WIDE.search(names):
        names = names.replace("hidden", "")
    return bool(_ASIDE.search(_SETUP.sub("", names))) and not CONTENT.search(names)


@lru_cache(maxsize=16_384)
def is_never(names: str) -> bool:
    """Whether they are so whatever the page looks like."""
    return bool(_NEVER.search(_SETUP.sub("", names))) and not CONTENT.search(names)
