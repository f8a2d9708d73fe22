"""Document numbers: in one spelling, with their issuer, own or only cited."""

import pytest

from monitor.config.lexicon import shipped_lexicon
from monitor.core.documents import Documents, documents_of
from monitor.core.text import normalise


def read(text: str) -> Documents:
    return documents_of(normalise(text).text, shipped_lexicon())


@pytest.mark.parametrize(
    "written",
    [
        "银发〔2021〕237号",
        "银发[2021]237号",
        "银发（2021）237号",
        "银发【2021】237 号",
        "银发 〔2021〕 第237号",
        "銀發〔2021〕237號",
        "银发〔２０２１〕２３７号",
        "人民银行等十部门印发银发〔2021〕237号",
        "关于防范风险的通知银发〔2021〕237号",
        "关于进一步落实风险防范要求的通知（银发〔2021〕237号）",
        "人民银行发布《关于落实风险防范要求的通知》（银发〔2021〕237号）",
    ],
)
def test_a_document_number_has_one_spelling(written: str) -> None:
    assert read(written) == Documents(own=frozenset({"银发[2021]237"}))


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("国务院办公厅国办函〔2022〕14号", "国办函[2022]14"),
        ("深银发〔2026〕3号", "深银发[2026]3"),
        ("工业和信息化部办公厅工信厅科函〔2024〕12号", "工信厅科函[2024]12"),
        ("关于印发方案的通知 沪府办规〔2024〕7号", "沪府办规[2024]7"),
        ("商务部公告2026年第1号", "ministry of commerce 公告[2026]1"),
        ("MOFCOM Announcement No. 1 of 2026", "ministry of commerce 公告[2026]1"),
        ("Announcement No. 1 of 2026 by the Ministry of Commerce", "ministry of commerce 公告[2026]1"),
        ("商务部 海关总署公告2023年第23号 关于镓", "ministry of commerce 公告[2023]23"),
        ("商务部 海关总署关于对镓实施出口管制的公告（2023年第23号）", "ministry of commerce 公告[2023]23"),
        ("商务部、海关总署发布2023年第23号公告", "ministry of commerce 公告[2023]23"),
        ("美国回应 商务部公告2023年第23号", "ministry of commerce 公告[2023]23"),
        ("中国人民银行公告〔2023〕第12号", "people's bank of china 公告[2023]12"),
        ("国家互联网信息办公室令（第15号）公布", "cyberspace administration of china 令15"),
        ("国务院关于修改部分法规的决定 国务院令第七十九号", "state council 令79"),
        ("北京市市场监管局公告2026年第1号", "beijing state administration for market regulation 公告[2026]1"),
        ("深圳市地方金融管理局通告2026年第1号", "深圳市地方金融管理局 通告[2026]1"),
        ("State Council Order No. 790", "state council 令790"),
    ],
)
def test_an_issuer_is_known_by_one_name(text: str, own: str) -> None:
    assert read(text) == Documents(own=frozenset({own}))


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("深圳市人民政府关于印发贯彻落实国发〔2022〕14号文实施方案的通知", "国发[2022]14"),
        ("推进国发〔2022〕14号落地", "国发[2022]14"),
        ("国发〔2022〕14号文件解读", "国发[2022]14"),
        ("解读《关于防范风险的通知》（银发〔2021〕237号）", "银发[2021]237"),
        ("废止《关于防范风险的通知（银发〔2021〕237号）》", "银发[2021]237"),
        ("根据商务部公告2026年第1号，企业可申请许可", "ministry of commerce 公告[2026]1"),
        ("China issues licences under MOFCOM Announcement No. 1 of 2026", "ministry of commerce 公告[2026]1"),
    ],
)
def test_a_number_may_only_be_cited(text: str, cited: str) -> None:
    assert read(text) == Documents(cited=frozenset({cited}))


def test_a_text_has_its_own_number_and_cites_another() -> None:
    assert read("关于废止银发〔2013〕289号的公告（中国人民银行公告〔2026〕第2号）") == Documents(
        own=frozenset({"people's bank of china 公告[2026]2"}), cited=frozenset({"银发[2013]289"})
    )


@pytest.mark.parametrize(
    ("text", "unsigned"),
    [
        ("公告2026年第1号", "公告[2026]1"),
        ("2026年第1号", "[2026]1"),
        ("工信部公告第1号", "公告1"),
        ("通知〔2021〕237号", "[2021]237"),
        ("〔2021〕237号", "[2021]237"),
        ("一则2026年第1号公告", "公告[2026]1"),
        ("Announcement No. 1 of 2026", "公告[2026]1"),
        ("Order No. 12 was signed", "令12"),
        ("The world's No. 2 economy", "no 2"),
    ],
)
def test_a_number_without_its_issuer_is_no_document(text: str, unsigned: str) -> None:
    assert read(text) == Documents(unsigned=frozenset({unsigned}))


@pytest.mark.parametrize("text", ["工信部发布通知", "no 5G here", ""])
def test_no_number(text: str) -> None:
    assert read(text) == Documents()
