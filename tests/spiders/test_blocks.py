"""Pages that are not what was asked for: named as walls or shells, and honest pages never."""

import pytest

from spiders.blocks import block_page, js_shell, visible_text

ARTICLE = "<p>The ministry published the measures on Tuesday and asked for comments.</p>" * 60


def page(body: str, title: str = "News", head: str = "") -> str:
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        (page("<p>请输入验证码后继续访问</p><input>"), "验证码"),
        (page("", title="访问验证"), "访问验证"),
        (page("您的访问过于频繁，请稍后再试"), "访问过于频繁"),
        (page("", title="Just a moment..."), "Just a moment"),
        (page("<h1>Access Denied</h1><p>You don't have permission to view this.</p>"), "Access Denied"),
        (page("<script src='/cdn-cgi/challenge-platform/x.js'></script>"), "Cloudflare challenge"),
        (page("<iframe src='/_Incapsula_Resource?x=1'></iframe>"), "Incapsula"),
        (page("<script>var arg1='AB'; document.cookie='acw_sc__v2=1'</script>"), "Aliyun challenge"),
    ],
    ids=[
        "type this code", "title alone", "too often", "Cloudflare's title", "denied", "Cloudflare's script",
        "Incapsula", "cookie by script",
    ],
)  # fmt: skip
def test_a_wall_is_named_by_its_mark(text: str, mark: str) -> None:
    assert block_page(text) == mark


@pytest.mark.parametrize(
    "text",
    [
        page(ARTICLE),
        page(ARTICLE + "<p>骗子索要验证码；the captcha was solved.</p>"),
        page(ARTICLE + "<script src='/cdn-cgi/challenge-platform/x.js'></script>"),
        page("<ul><li><a href='/1'>News</a></li></ul>", head="<script>var captcha = 1</script>"),
        "",
        '{"rows": []}',
    ],
    ids=["article", "article about codes", "guarded article", "the word in a script", "nothing", "JSON"],
)
def test_an_honest_page_is_no_wall(text: str) -> None:
    assert block_page(text) == ""


@pytest.mark.parametrize(
    ("text", "shell"),
    [
        (page("<div id='app'></div><script src='/app.js'></script>"), True),
        (page("<noscript>Please enable JavaScript</noscript><SCRIPT>go()</SCRIPT>"), True),
        (page("<script>" + "x = 1;" * 9_000 + "</script>"), True),
        (page("<div id='app'></div>"), False),
        (page(ARTICLE + "<script>count()</script>"), False),
        ("", False),
    ],
    ids=["app", "noscript", "words in the script only", "no script", "article with a counter", "nothing"],
)
def test_a_shell_has_scripts_and_no_words(text: str, shell: bool) -> None:
    assert js_shell(text) is shell


def test_visible_text_leaves_out_what_nobody_reads() -> None:
    text = page("A<style>b{}</style> c <b>d</b> e<script>f()</script>g<noscript>h</noscript>", title="T")
    assert visible_text(text) == "T A c d e g"


@pytest.mark.parametrize("text", ["<" * 100_000, "<div>" * 60_000, "<script>" * 50_000, "\x00<p>\ud800"])
def test_wild_pages_end(text: str) -> None:
    assert isinstance(block_page(text), str)
    assert isinstance(js_shell(text), bool)
