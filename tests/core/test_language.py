"""Which language a text is in."""

import pytest

from monitor.core.language import language_of


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("国务院印发数字经济规划", "", "zh"),
        ("國務院印發數字經濟規劃", "en", "zh"),
        ("央行发布e-CNY跨境支付 mBridge 项目", "", "zh"),
        ("デジタル人民元の実証実験を開始", "", "ja"),
        ("디지털 위안화 시범 사업", "", "ko"),
        ("Китай расширяет эксперимент", "", "ru"),
        ("China widens the trial of the digital yuan", "", "en"),
        ("China (中国) widens the trial of the digital yuan in more cities", "", "en"),
        ("La Chine lance une monnaie pour les banques et les citoyens", "", "fr"),
        ("Bitcoin ETF approval", "fr-CA", "fr"),
        ("Bitcoin ETF approval", "zh-CN", "en"),
        ("Bitcoin ETF approval", "", "en"),
        ("2026", "de_DE", "de"),
        ("2026", "", "en"),
        ("", "", "en"),
    ],
)
def test_language(text: str, declared: str, language: str) -> None:
    assert language_of(text, declared) == language
