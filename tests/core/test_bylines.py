"""What is no news: datelines and bylines in front of a sentence, credits, notices and questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.bylines import is_boilerplate, is_photo_credit, opening_of

CHINESE = "国家网信办近日发布新规定。"
ENGLISH = "China's regulator issued draft rules."


def rest(text: str, title: str = "") -> str:
    return text[opening_of(text, 0, len(text), title).at :]


@pytest.mark.parametrize(
    "lead",
    [
        # agencies and papers, with and without a town, a day and a reporter
        "新华社北京3月5日电 ",
        "新华社日内瓦3月5日电（记者 王五）",
        "新华社北京3月5日电",
        "新华社北京电 ",
        "中新网3月5日电 (记者 王五)",
        "中新社香港2026年3月5日電 （記者 王五）",
        "中央社台北5日電 ",
        "（中央社記者王小明台北5日電）",
        "财联社3月5日讯，",
        "IT之家 3 月 5 日消息，",
        "央广网北京3月5日消息（记者王五）",
        "格隆汇3月5日｜",
        "C114讯 3月5日消息，",
        "新京报讯（记者王五）",
        "中国证券报·中证网讯（记者 王五）",
        "证券时报网讯，",
        "每经AI快讯，3月5日，",
        "Odaily星球日报讯 ",
        "深潮 TechFlow 消息，3 月 5 日，",
        "ChainCatcher 消息，",
        "金色财经报道，",
        "36氪获悉，",
        "观点网讯：",
        # brackets
        "【本報訊】",
        "【财新网】（记者 王五）",
        "【环球时报记者 王五】",
        "〔記者王小明／台北報導〕",
        "（新华社）",
        "【10:20】",
        "〖快讯〗",
        # reporters
        "本报记者 王五 李六 ",
        "界面新闻记者 | 王五 ",
        "记者王五报道：",
        "記者王小明／台北報導 ",
        "作者 | 王五 编辑 | 李六 ",
        "文/王五 ",
        # what a page says about itself
        "发布时间：2026-03-05 来源：网信中国 字号：大 中 小 ",
        "2026年3月5日 10:23 来源：网信中国 ",
        "摘要：",
        "内容摘要：",
        "答：",
        "第十二条 ",
        "▲ ",
    ],
)
def test_chinese_leads(lead: str) -> None:
    assert rest(lead + CHINESE) == CHINESE


@pytest.mark.parametrize(
    "lead",
    [
        "BEIJING, Nov. 24 (Xinhua) -- ",
        "Nov 24 (Reuters) - ",
        "LONDON, 5 March (Reuters) - ",
        "BEIJING/SHANGHAI, Nov 24 (Reuters) - ",
        "HONG KONG, November 24, 2026 /PRNewswire/ -- ",
        "SAN JOSE, Calif., March 5, 2026 (GLOBE NEWSWIRE) -- ",
        "SHANGHAI, Tuesday, March 5 (Xinhua) -- ",
        "GENEVA, March 5 (APP): ",
        "Ürümqi, March 5 (Xinhua) -- ",
        "HONG KONG (Reuters) - ",
        "Beijing (ECNS) -- ",
        "(Caixin Global) — ",
        "TAIPEI, Taiwan—",
        "SHANGHAI — ",
        "BEIJING - ",
        "[Capital FM] Nairobi -- ",
        "Xinhua | 2026-11-24 10:00:00 ",
        "Updated on Nov. 24 at 9:00 a.m. ",
        "Last updated: March 5, 2026 ",
        "(2026-11-24 10:00) ",
        "Editor's note: ",
        "COMMENTARY | ",
        "- ",
        "• ",
        "A: ",
    ],
)
def test_english_leads(lead: str) -> None:
    assert rest(lead + ENGLISH) == ENGLISH


@pytest.mark.parametrize(
    "prose",
    [
        "Beijing on Nov. 24 hosted a forum on data.",
        "Shenzhen, Nov. 24, will host the fair, officials said.",
        "Nov. 24, 2026 is the deadline for comments.",
        "China – the world's largest market – grew.",
        "Alphabet (GOOGL) - The firm said so.",
        "AI - The new oil is booming.",
        "Beijing - a city of millions - adopts new data rules.",
        "By Monday, China had issued rules for data.",
        "-1 stands for no limit.",
        "1.47 trillion yuan was spent.",
        "北京3月5日举行新闻发布会，公布新规。",
        "3月5日，新规定正式施行。",
        "2026年3月5日，央行发布公告。",
        "中国人民银行3月5日电子支付数据显示增长。",
        "深圳3月5日消息面平静，股市上涨。",
        "国家电网3月5日电价调整方案公布。",
        "中兴通讯（000063）发布公告称，获得订单。",
        "腾讯，阿里等平台被约谈整改。",
        "运营商推出5G消息，用户反响热烈。",
        "中国石油网公司3月5日宣布改革。",
        "据新华社报道，央行将扩大试点。",
        "据财联社3月5日消息，央行将扩大试点。",
        "路透社3月5日消息，中国拟放宽限制。",
        "多家媒体报道，央行将扩大试点。",
        "市场消息，央行将扩大试点规模。",
        "国家数据局消息，前三季度增长。",
        "记者24日从中国人民银行获悉，试点将扩大。",
        "记者近日了解到，试点将扩大。",
        "第五条规定，数据须留在境内。",
        "一、二线城市房价上涨明显。",
        "（一个月内）企业须提交材料。",
        "*ST公司发布公告。",
    ],
)
def test_prose_keeps_its_beginning(prose: str) -> None:
    assert rest(prose) == prose


def test_the_outlet_goes_and_whose_news_it_is_stays() -> None:
    assert rest("IT之家 3 月 5 日消息，新京报报道，试点扩大。") == "新京报报道，试点扩大。"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("（一）坚持依法合规。", "坚持依法合规。"),
        ("一、总体要求。", "总体要求。"),
        ("3.设立基金。", "设立基金。"),
        ("② 开展评估。", "开展评估。"),
        ("2. Subsidies for models.", "Subsidies for models."),
        ("（2）答：开展评估。", "开展评估。"),
    ],
)
def test_an_entry_of_a_list_is_marked(text: str, words: str) -> None:
    opening = opening_of(text, 0, len(text))
    assert (text[opening.at :], opening.listed) == (words, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Rules for data exports: The regulator spoke.", "The regulator spoke."),
        ("Rules for data exports The regulator spoke.", "The regulator spoke."),
        ("Rules for data exports were issued.", "Rules for data exports were issued."),
        ("Rules are out.", "Rules are out."),
    ],
)
def test_the_headline_in_front_of_the_lead(text: str, words: str) -> None:
    assert rest(text, "Rules for data exports") == words


def test_a_run_of_labels_is_passed_only_so_far() -> None:
    assert rest("【快讯】" * 40 + CHINESE).startswith("【快讯】")


def test_a_word_is_no_headline() -> None:
    assert rest("China: The market grew.", "China") == "China: The market grew."


@pytest.mark.parametrize(
    "text",
    [
        "What is the purpose of the guidelines?",
        "新规何时施行？",
        "5G base stations | 4.83 mn.",
        "指标\t数值。",
        "Q: What is it about.",
        "问：请介绍一下背景。",
        "记者：谢谢。",
        "Reporter from Bloomberg: Thank you.",
        "Thank you for joining us today.",
        "Pan Gongsheng: Thanks for the question.",
        "By Zhang Wei, China Daily.",
        "Reporting by Ziyi Tang and Kevin Yao.",
        "Cookies help us improve this website for you.",
        "By continuing you agree to the terms.",
        "Disclosure: The parent company of this outlet owns tokens.",
        "This article was originally published by Caixin.",
        "The post China drafts rules appeared first on TechNode.",
        "If you like it, please consider a paid subscription.",
        "Good morning and welcome to the newsletter!",
        "Further reading: another story.",
        "Contact Zhang Wei (weizhang@example.com) for more.",
        "特别声明：以上内容仅代表作者本人的观点。",
        "本站郑重声明：所载数据仅供参考。",
        "本文源自：金融界。",
        "注1：当期数据为初步数。",
        "相关阅读：《另一篇文章》。",
        "更多内容请关注微信公众号。",
        "通过信函将意见寄至：某路11号，邮编：100044。",
        "文章内容不构成投资建议。",
        "未经授权不得转载。",
        "（此件公开发布）。",
    ],
)
def test_boilerplate(text: str) -> None:
    assert is_boilerplate(text)


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH,
        CHINESE,
        'The fine keeps investors asking: "Who is next?"',
        "By using AI, the bank cut its costs.",
        "Thanks to subsidies, output grew.",
        "Hi-tech exports grew by a tenth.",
        "The regulator told apps to mend their privacy policy.",
        "It runs on Xbox Series X|S consoles.",
        "三协会发布风险提示，称虚拟货币交易不受保护。",
        "未经许可，不得提供相关技术。",
        "相关报道指出，出口没有加速。",
        "他的发言仅代表个人。",
        "据“网信中国”微信公众号消息，平台被约谈。",
    ],
)
def test_news(text: str) -> None:
    assert not is_boilerplate(text)


@pytest.mark.parametrize(
    ("text", "credit"),
    [
        ("/VCG", True),
        ("REUTERS/Tingshu Wang", True),
        ("[Photo/Xinhua]", True),
        ("(Xinhua/Li He)", True),
        ("新华社记者 王五 摄", True),
        ("（图片：受访者）", True),
        ("A heading", False),
        ("Photo " + "words " * 20, False),
    ],
)
def test_photo_credits(text: str, credit: bool) -> None:
    assert is_photo_credit(text) is credit


@given(st.text(alphabet="新华社北京1月日电讯，（记者）【】 A-B.|", max_size=80), st.text(max_size=8))
def test_an_opening_lies_within_its_sentence(text: str, title: str) -> None:
    assert 0 <= opening_of(text, 0, len(text), title).at <= len(text)
