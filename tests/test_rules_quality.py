"""Short reports of our own writing, judged by the shipped rules: what must be taken, what must be left."""

import re
from functools import cache
from pathlib import Path

import pytest

from benchmarks import judge as gate
from monitor.config.load import load_rules
from monitor.config.terms import shipped_sets
from monitor.core.classify import Judge, compile_rules
from monitor.core.model import Authority, Doctype, Priority, Topic, Verdict
from tests.rules_cases import JUDGED, NOT_POLICY, POLICY, TOPICS
from tests.rules_headlines import INVENTED, KNOWN_GAPS
from tests.rules_leads import CLASSES, JOINT, KINDS, LEAD_GAPS, LEADS
from tests.shared import needs_shared

CONFIG = Path(__file__).parents[1] / "config.yaml"
LEAST_TOPICS = 0.85  # share of invented headlines whose main topic is right: 0.90 when written
MOST_GAPS = 12  # invented headlines judged wrongly: 10 when written
MOST_LEAD_GAPS = 50  # of LEADS: 47 when written


@cache
def shipped() -> Judge:
    return compile_rules(load_rules(CONFIG))


def judged(title: str, summary: str = "", body: str = "") -> Verdict:
    return shipped().classify(title=title, summary=summary, body=body)


def in_words(verdict: Verdict) -> str:
    return "\n".join(verdict.reasons())


RELEVANT = [
    # the digital yuan, whatever it is called
    ("PBoC extends e-CNY pilot to six more provinces", "ecny"),
    ("China's central bank to widen use of the digital yuan in retail payments", "ecny"),
    ("Shenzhen hands out digital renminbi red envelopes to residents", "ecny"),
    ("央行：数字人民币试点范围扩大至全省", "ecny"),
    ("央行擴大數字人民幣試點城市", "ecny"),
    ("苏州发放2000万元数字人民币红包", "ecny"),
    ("数字人民币（eCNY）上线硬件钱包", "ecny"),
    # crypto-assets
    ("China bans banks from handling stablecoin trades", "crypto"),
    ("Beijing cracks down on bitcoin mining in Inner Mongolia", "crypto"),
    ("人民银行等十部门发布通知 禁止虚拟货币交易炒作", "crypto"),
    ("四川要求全面关停虚拟货币挖矿项目", "crypto"),
    # blockchain
    ("MIIT issues guidelines on blockchain application standards", "blockchain"),
    ("工信部印发《区块链产业发展指导意见》", "blockchain"),
    ("上海出台元宇宙产业行动方案", "blockchain"),
    # data
    ("China drafts rules on cross-border data transfers by carmakers", "data"),
    ("CAC publishes measures for personal information audits", "data"),
    ("国家数据局发布公共数据资源登记管理暂行办法", "data"),
    ("工信部通报一批侵害用户权益行为的App", "data"),
    # artificial intelligence
    ("国务院发布AI监管办法", "ai"),
    ("China issues interim rules for generative AI services", "ai"),
    ("Cyberspace Administration requires labels on AI-generated images", "ai"),
    ("国家网信办就人工智能拟人化互动服务公开征求意见", "ai"),
    ("北京印发人工智能产业三年行动计划", "ai"),
    # platforms
    ("China fines Alibaba for abusing its market position", "platform"),
    ("SAMR summons food delivery platforms over subsidies", "platform"),
    ("市场监管总局约谈五家外卖平台", "platform"),
    ("人社部出台新就业形态劳动者权益指引 规范平台用工", "platform"),
    # content
    ("China's internet watchdog launches campaign against online rumors in short videos", "content"),
    ("China limits online games for minors to three hours a week, regulator says", "content"),
    ("中央网信办启动“清朗”专项行动 整治网络直播乱象", "content"),
    ("国家新闻出版署公布本月国产网络游戏版号", "content"),
    # cyber
    ("China revises Cybersecurity Law to raise penalties", "cyber"),
    ("公安部部署打击治理电信网络诈骗专项行动", "cyber"),
    ("最高法发布网络犯罪典型案例", "cyber"),
    # fintech
    ("PBoC tightens rules on online lending by payment firms", "fintech"),
    ("金融监管总局规范互联网贷款业务", "fintech"),
    # infrastructure
    ("MIIT: China to build 500,000 more 5G base stations this year", "infra"),
    ("国家发展改革委推进全国一体化算力网建设", "infra"),
    ("工信部批复6G试验频率", "infra"),
    # chips
    ("China's commerce ministry opens anti-dumping probe into analog chips", "chips"),
    ("商务部对进口半导体材料发起反倾销调查", "chips"),
    # trade
    ("China reviews purchase of AI start-up by Meta under technology export controls", "trade"),
    ("商务部新设一批跨境电商综试区", "trade"),
    # government services
    ("国务院办公厅印发指导意见 推动数字政府建设", "gov"),
    ("公安部等部门公布国家网络身份认证公共服务管理办法", "gov"),
    # strategy
    ("State Council issues plan to develop the digital economy", "strategy"),
    ("中共中央、国务院印发《数字中国建设整体布局规划》", "strategy"),
    ("工信部等五部门启动智能网联汽车准入试点", "strategy"),
]

NOT_RELEVANT = [
    # markets
    "Bitcoin jumps 5% as traders shrug off weak China data",
    "Bitcoin price slides below $80,000 as Chinese investors sell",
    "Alibaba shares surge after upbeat AI outlook",
    "比特币大涨突破10万美元 24小时12万人爆仓",
    "数字货币概念股集体涨停",
    "收评：沪指涨0.5% 算力板块走高",
    # company news and goods
    "Tencent quarterly earnings beat estimates on games and AI ads",
    "Baidu launches new large language model",
    "DeepSeek releases open-source model update",
    "腾讯发布财报：三季度净利润同比增长15%",
    "小米发布新款AI手机 售价2999元起",
    "阿里云发布新一代大模型",
    "某AI芯片公司完成10亿元融资",
    # letters inside other words
    "The minister said he paid for the trip to China himself",
    "Heavy rain in Shanghai delays trains, officials said",
    "A machine made in China wins a design prize",
    # other states
    "US tightens chip export controls on China",
    "Washington adds Chinese AI firms to entity list",
    "India expands digital rupee pilot to more banks",
    "India bans 50 Chinese apps over data security",
    "South Korea to regulate stablecoins next year",
    "EU fines TikTok over children's data",
    "Trump signs order extending TikTok sale deadline",
    "Canada bans Huawei from 5G networks",
    "美国商务部拟收紧对华AI芯片出口管制",
    "欧洲央行推进数字欧元试点",
    "韩国央行启动数字货币测试",
    # Hong Kong and Taiwan by themselves
    "Hong Kong grants first stablecoin licences",
    "HKMA launches tokenised deposit pilot with banks",
    "香港金管局发放首批稳定币牌照",
    "台湾拟立法监管虚拟资产",
    # macro, crime, other beats
    "China's economy grows 5% in the first quarter",
    "China raises pensions for retirees",
    "全国秋粮收购工作有序推进",
    "男子网恋被骗20万 警方通报",
    "China bans rare earth exports to Japan's military",
    "Chinese foreign ministry slams US chip curbs",
    "早报：国务院发布AI监管办法；比特币大跌；苹果发布会定档",
]


@pytest.mark.parametrize(("title", "topic"), [*RELEVANT, *TOPICS])
def test_takes_policy_and_names_its_topic(title: str, topic: str) -> None:
    verdict = judged(title)
    assert verdict.relevant, in_words(verdict)
    assert Topic(topic) in verdict.topics, in_words(verdict)


@pytest.mark.parametrize("title", POLICY)
def test_takes_policy(title: str) -> None:
    verdict = judged(title)
    assert verdict.relevant, in_words(verdict)


@pytest.mark.parametrize("title", [*NOT_RELEVANT, *NOT_POLICY])
def test_leaves_what_only_looks_like_policy(title: str) -> None:
    verdict = judged(title)
    assert not verdict.relevant, in_words(verdict)


def from_outlet(source: str, title: str) -> Verdict:
    return shipped().classify(title=title, source=source)


@pytest.mark.parametrize(
    ("source", "topic", "title"), [case for case in INVENTED if case[2] not in KNOWN_GAPS]
)
def test_tells_invented_headlines_apart(source: str, topic: str, title: str) -> None:
    verdict = from_outlet(source, title)
    assert verdict.relevant is bool(topic), in_words(verdict)


def test_names_the_main_topic_of_most_invented_headlines() -> None:
    verdicts = [(topic, from_outlet(source, title)) for source, topic, title in INVENTED if topic]
    taken = [(topic, verdict.topics[0]) for topic, verdict in verdicts if verdict.relevant]
    right = sum(topic == found for topic, found in taken)
    assert right / len(taken) >= LEAST_TOPICS


def test_known_gaps_are_few_and_among_the_invented() -> None:
    titles = {title for _, _, title in INVENTED}
    assert titles >= KNOWN_GAPS
    wrong = {title for source, topic, title in INVENTED if from_outlet(source, title).relevant != bool(topic)}
    assert len(wrong) <= MOST_GAPS, f"judged wrongly: {sorted(wrong)}"


@pytest.mark.parametrize(("topic", "title", "summary"), [case for case in LEADS if case[1] not in LEAD_GAPS])
def test_takes_what_the_lead_says_an_authority_did(topic: str, title: str, summary: str) -> None:
    verdict = judged(title, summary)
    assert verdict.relevant is bool(topic), in_words(verdict)


def test_every_report_taken_has_a_topic_and_most_the_right_one() -> None:
    verdicts = [(topic, judged(title, summary)) for topic, title, summary in LEADS if topic]
    taken = [(topic, verdict.topics) for topic, verdict in verdicts if verdict.relevant]
    assert all(topics for _, topics in taken)
    assert sum(topic == topics[0] for topic, topics in taken) / len(taken) >= LEAST_TOPICS


def test_gaps_among_the_leads_are_few() -> None:
    titles = {title for _, title, _ in LEADS}
    assert titles >= LEAD_GAPS
    wrong = {title for topic, title, lead in LEADS if judged(title, lead).relevant != bool(topic)}
    assert len(wrong) <= MOST_LEAD_GAPS, f"judged wrongly: {sorted(wrong)}"


@pytest.mark.parametrize(("title", "topic", "authority", "doctype", "priority"), JUDGED)
def test_says_all_that_the_guidelines_ask(
    title: str, topic: str, authority: str, doctype: str, priority: str
) -> None:
    verdict = judged(title)
    assert verdict.relevant, in_words(verdict)
    assert Topic(topic) in verdict.topics, in_words(verdict)
    assert (verdict.authority, verdict.doctype, verdict.priority) == (authority, doctype, priority)


@pytest.mark.parametrize("source", ["xinhua", "cgtn", "china-daily"])
def test_a_state_outlet_need_not_name_the_country(source: str) -> None:
    title = "Online registration of newborns made easier"
    assert shipped().classify(title=title, source=source).relevant
    assert not shipped().classify(title=title, source="reuters").relevant


STUDY_SESSION = "China must develop its digital economy, Xi Jinping tells Politburo study session"


def test_study_session_on_the_digital_economy_is_breaking() -> None:
    verdict = judged(
        "Xi Jinping says China must strengthen its digital economy",
        "Speaking at the 34th group study session of the Politburo on October 18, 2021, Xi called for "
        "stronger and healthier digital development.",
    )
    assert verdict.relevant, in_words(verdict)
    assert verdict.topics[0] is Topic.STRATEGY
    assert verdict.priority is Priority.BREAKING
    assert verdict.authority in {Authority.PARTY, Authority.CENTRAL}


@pytest.mark.parametrize(
    ("title", "summary", "body"),
    [
        (STUDY_SESSION, "He named blockchain among the technologies to master.", ""),
        (STUDY_SESSION, "", "BEIJING — Digital technology matters. " * 20 + "He also spoke of blockchain."),
        (
            "习近平在中央政治局第三十四次集体学习时强调 做强做优做大我国数字经济",
            "发挥区块链等技术的作用。",
            "",
        ),
    ],
    ids=["in the lead", "deep in the body", "in Chinese"],
)
def test_study_session_that_names_blockchain_has_that_topic_too(title: str, summary: str, body: str) -> None:
    verdict = judged(title, summary, body)
    assert verdict.topics[0] is Topic.STRATEGY, in_words(verdict)
    assert Topic.BLOCKCHAIN in verdict.topics, in_words(verdict)
    assert verdict.priority is Priority.BREAKING


@pytest.mark.parametrize(
    ("title", "authority"),
    [
        ("习近平主持中央政治局集体学习 强调推动人工智能健康发展", Authority.PARTY),
        ("State Council issues plan to develop the digital economy", Authority.CENTRAL),
        ("国家网信办发布数据出境安全评估办法", Authority.MINISTRY),
        ("China issues draft rules on facial recognition", Authority.MINISTRY),
        ("Hangzhou court rules on ownership of AI-generated pictures", Authority.COURT),
        ("浙江出台数字经济促进条例", Authority.LOCAL),
    ],
)
def test_says_whose_act_it_is(title: str, authority: Authority) -> None:
    verdict = judged(title)
    assert verdict.relevant, in_words(verdict)
    assert verdict.authority is authority


@pytest.mark.parametrize(
    ("title", "priority"),
    [
        ("China bans all cryptocurrency transactions", Priority.BREAKING),
        ("全国人大常委会表决通过数据安全法", Priority.BREAKING),
        ("China launches antitrust probe into Nvidia", Priority.BREAKING),
        ("工信部就工业数据安全标准公开征求意见", Priority.NORMAL),
        ("China's software sector revenue grows 10 pct in first half", Priority.LOW),
        ("专家解读数字人民币与移动支付有何不同", Priority.LOW),
    ],
)
def test_says_how_urgent_it_is(title: str, priority: Priority) -> None:
    verdict = judged(title)
    assert verdict.relevant, in_words(verdict)
    assert verdict.priority is priority, in_words(verdict)


def test_one_digital_line_in_a_long_text_does_not_make_a_report_relevant() -> None:
    body = (
        "The city will plant trees and mend roads. " * 40 + "The State Council also issued AI and data rules."
    )
    verdict = judged("China's spring festival travel rush begins", body=body)
    assert not verdict.relevant, in_words(verdict)


@pytest.mark.parametrize(("title", "lead", "doctype", "priority"), KINDS)
def test_tells_the_kind_of_act_and_its_urgency(
    title: str, lead: str, doctype: str | None, priority: str
) -> None:
    verdict = judged(title, lead)
    assert verdict.relevant, in_words(verdict)
    assert (verdict.doctype, verdict.priority) == (doctype or verdict.doctype, priority), in_words(verdict)


@pytest.mark.parametrize(("title", "authority"), JOINT)
def test_a_document_of_party_and_cabinet_is_the_cabinets(title: str, authority: str) -> None:
    assert judged(title).authority == authority


@pytest.mark.parametrize(("topic", "title", "lead"), CLASSES)
def test_takes_a_class_and_leaves_its_look_alikes(topic: str, title: str, lead: str) -> None:
    verdict = judged(title, lead)
    assert next(iter(verdict.topics), "") == topic, in_words(verdict)


def test_shipped_sets_are_distinct_and_without_repeats() -> None:
    sets = shipped_sets()
    assert len({each.name for each in sets}) == len(sets)
    repeats = {each.name: [t for t in each.terms if each.terms.count(t) > 1] for each in sets}
    assert {name: terms for name, terms in repeats.items() if terms} == {}


def test_every_shipped_set_is_used() -> None:
    written = CONFIG.read_text("utf-8") + " ".join(" ".join(each.terms) for each in shipped_sets())
    by_name = {f"{begin}_{each.value}" for begin in ("authority", "presumed") for each in Authority}
    kinds = {f"{begin}_{each.value}" for begin in ("doctype", "presumed") for each in Doctype}
    by_name |= kinds | {f"{kind}_unless" for kind in kinds}
    used = set(re.findall(r"@(\w+)", written)) | by_name
    assert {each.name for each in shipped_sets()} - used == set()


@needs_shared
def test_labelled_headlines_hold_their_floors() -> None:
    assert gate.main(["--gate"]) == 0
