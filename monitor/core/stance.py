"""On which side a headline's act is, in either language: to allow or forbid, raise or cut, open or close."""

import re

# Forms that are verbs wherever they stand, and those that are nouns behind such words (“new export curbs”).
_NOUN_BEFORE = "".join(
    rf"(?<!\b{word} )"
    for word in (
        *("a", "the", "of", "on", "its", "new", "more", "fresh", "key", "age", "price", "export", "import"),
        *("trade", "travel", "investment", "chip", "tech", "building"),
    )
)
_BAN = (
    r"(?:\b(?:bans?|curbs?|controls?|restrictions?|limits?|sanctions?|tariffs?|dut(?:y|ies)|embargo(?:es)?|block|"
    r"moratorium|prohibition|blockade|freeze|blacklist|entity list)\b|(?:实体|管控)(?:清单|名单)|"
    r"黑名单|反倾销|禁令|管制|限制|制裁|关税|加征|禁止|禁售|封禁|限令|管控|反制)"
)
_FORBIDS = re.compile(
    r"\b(?:prohibits|outlaws|forbids|restricts|tighten(?:s|ed|ing)|toughens?|(?:ban|bar)(?:ned|ning|red|ring)|prohibit(?:ed|ing)|outlawed|"
    r"block(?:ed|ing)|restricting|blacklist(?:s|ed)|criminali[sz]e[sd]?|impos(?:e|es|ed|ing)|slap(?:s|ped)?)\b|"
    rf"\b(?:expand|widen|broaden)(?:s|ed|ing)?\b[^,;:]{{0,30}}?{_BAN}|"
    r"\badd(?:s|ed)?\b[^,;:]{0,40}\b(?:entity list|blacklist)\b|"
    rf"{_NOUN_BEFORE}\b(?:bans|bars|blocks|curbs)\b|"
    r"\b(?:to|will|would|may|could|must) (?:ban|prohibit|outlaw|forbid|bar|block|restrict|curb)\b|"
    r"禁止|严禁|叫停|封禁|不得|禁售|收紧|征收[^,，。;；\s]{0,10}(?:关税|反倾销|反补贴)|"
    r"实施[^,，。;；\s]{0,12}(?:管制|限制|制裁|禁令|反倾销)|加征|列入[^,，。;；\s]{0,12}(?:清单|名单)|"
    r"(?:对|将)[^,，。;；\s]{1,12}限制"
)
_BANS = re.compile(_BAN)
_ALLOWS = re.compile(
    r"\b(?:approv(?:es?|ed|ing)|allow(?:s|ed|ing)?|permit(?:s|ted|ting)|resum(?:es?|ed|ing)|greenlights?|un(?:ban|block)(?:s|ned|ed)?|"
    r"grant(?:s|ed)?(?: \w+){0,2} (?:licen[cs]es?|approval|permits?|permission)|"
    r"waiv(?:es?|ed)|exempts?|legali[sz]e[sd]?|clears|authori[sz]es|reopens|restores?)\b|"
    r"批准|允许|恢复|放开|准许|获批|解禁|重启|放宽|豁免|松绑|合法化"
)
_HALT = (
    r"(?:\b(?:suspend(?:s|ed|ing)?|halt(?:s|ed|ing)?|paus(?:es?|ed|ing)|cancel(?:s|led|ed|ling)?|"
    r"scrap(?:s|ped|ping)?|revok(?:es?|ed|ing)|reject(?:s|ed|ing)?)\b|暂停|中止|停止|取消|撤销|终止|否决|驳回|撤回)"
)
_HALTS = re.compile(_HALT)
# These say of a ban that it goes; of anything else they say too little.
_LIFT = (
    rf"(?:{_HALT}|\b(?:lift(?:s|ed|ing)?|eas(?:es?|ed|ing)|relax(?:es|ed|ing)?|loosen(?:s|ed|ing)?|end(?:s|ed|ing)?|"
    r"remov(?:es?|ed|ing)|withdr(?:aws?|ew|awn)|drop(?:s|ped)?|rolls? back|stops?|waives?|exempts?)\b|"
    r"解除|放宽|豁免|松绑|放开|移出|移除)"
)
# “suspends controls”, “the tariffs are suspended”: within one clause.
_LIFTED = re.compile(
    rf"{_LIFT}[^,，。;；:：]{{0,40}}?(?:{_BAN}|\brules\b)|{_BAN}[^,，。;；:：]{{0,30}}?{_LIFT}"
)
# Who says “not”, or tells of an earlier act too, has no plain stance.
_NOT = re.compile(
    r"\b(?:not|no|never|without|refus\w+|den(?:y|ies|ied)|unless|instead|despite|after|if)\b|n't\b|"
    r"拒绝|否认|并非|尚未|没有|不会|未经|不予|不实|无权|不再|未获"
)


_RAISES = re.compile(r"\b(?:raises?|raised|raising|hikes?|hiked)\b|上调|提高|调高|加息|升准")
_CUTS = re.compile(
    r"\b(?:cuts?|cutting|lowers|lowered|lowering|slash(?:es|ed)?|reduces|reduced)\b|下调|降低|调低|降息|降准|调降"
)
_OPENS = re.compile(r"\b(?:opens|kicks? off|begins|starts)\b|开幕|启幕|开馆|开工")
_CLOSES = re.compile(r"\b(?:closes|concludes|wraps? up)\b|闭幕|落幕|闭馆|完工")

SIDES = (("allows", "forbids"), ("raises", "cuts"), ("opens", "closes"))  # of each scale: what 1 and -1 mean


def stance(folded: str) -> tuple[int, ...]:
    """The side a folded headline's act is on, for each of SIDES: 1, -1, or 0 when it takes none or both.

    To lift a ban allows, to reject a plan forbids. What is said with a “not” is on no side.
    """
    if _NOT.search(folded):
        return (0,) * len(SIDES)
    return (
        _permission(folded),
        _said(_RAISES, folded) - _said(_CUTS, folded),
        _said(_OPENS, folded) - _said(_CLOSES, folded),
    )


def opposed(one: tuple[int, ...], other: tuple[int, ...]) -> str:
    """In words, on which scale two headlines are on opposite sides; "" when on none."""
    for (plus, minus), mine, theirs in zip(SIDES, one, other, strict=True):
        if mine * theirs < 0:
            return f"one {plus}, the other {minus}"
    return ""


def _permission(folded: str) -> int:
    rest = _LIFTED.sub(" ", folded)
    lifts, allows = rest != folded, _said(_ALLOWS, rest)
    # “approves a ban” forbids as much as it allows.
    forbids = _said(_FORBIDS, rest) or _said(_HALTS, rest) or (allows and _said(_BANS, rest))
    return int(lifts or allows) - int(forbids)


def _said(pattern: re.Pattern[str], folded: str) -> bool:
    return pattern.search(folded) is not None
