"""Pages that stand in the place of what was asked for: walls against robots, and shells that a script fills.

Asked only of pages in which no list was found, so a report about 验证码 fraud is never taken for a wall.
"""

import re

from spiders.tree import parse_html

LARGEST = 2_000_000  # characters of a page that are looked at
_SHORT = 2_500  # characters of visible text; a wall says little
_SHELL = 200  # characters of visible text, below which a page with scripts says nothing
_HIDDEN = ("script", "style", "noscript", "template", "svg")
# What the machinery of a wall writes into its page, with the name an operator knows it by.
_MACHINERY = (
    ("/cdn-cgi/challenge-platform", "Cloudflare challenge"),
    ("cf-browser-verification", "Cloudflare challenge"),
    ("cf_chl_opt", "Cloudflare challenge"),
    ("_Incapsula_Resource", "Incapsula"),
    ("captcha-delivery.com", "DataDome"),
    ("px-captcha", "PerimeterX"),
    ("acw_sc__v2", "Aliyun challenge"),
    ("aliyun_waf", "Aliyun challenge"),
    ("$_ts=window['$_ts']", "Ruishu challenge"),
    ("TencentCaptcha", "Tencent 验证码"),
    ("initGeetest", "Geetest 验证码"),
    ("wafblock", "firewall page"),
)
# What walls say to people.
_WORDS = re.compile(
    r"验证码|访问验证|安全验证|人机验证|滑动验证|访问过于频繁|访问频率|访问被拒绝|拒绝访问|请求被拦截|已被拦截|非法访问"
    r"|just a moment\b|checking your browser|attention required|access denied|access to this page has been"
    r" denied|verify (?:that )?you are (?:a )?human|are you a (?:human|robot)|unusual traffic"
    r"|request (?:was )?blocked|request unsuccessful|you have been blocked|robot check|bot protection"
    r"|captcha",
    re.IGNORECASE,
)


def block_page(text: str) -> str:
    """What marks the page as a wall against robots, in the words found; "" when nothing does."""
    page = text[:LARGEST]
    seen = visible_text(page)
    if len(seen) > _SHORT:
        return ""
    machinery = next((name for mark, name in _MACHINERY if mark in page), "")
    said = _WORDS.search(seen)
    return machinery or (said[0] if said else "")


def js_shell(text: str) -> bool:
    """Whether the page is little more than scripts that would put its words in."""
    page = text[:LARGEST]
    return "<script" in page.lower() and len(visible_text(page)) < _SHELL


def visible_text(page: str) -> str:
    """The words of a page, those of its title among them; "" when it is no HTML."""
    root = parse_html(page) if "<" in page else None
    if root is None:
        return ""
    words = []
    for element in root.iter():
        if element.tag not in _HIDDEN and element.text:
            words.append(element.text)
        if element.tail and not _inside_hidden(element.getparent()):
            words.append(element.tail)
    return " ".join(" ".join(words).split())


def _inside_hidden(element: object) -> bool:
    return getattr(element, "tag", None) in _HIDDEN
