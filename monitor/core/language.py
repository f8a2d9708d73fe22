"""Tells which language a text is written in, by its script and a handful of common words."""

import re

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_WORD = re.compile("[a-z\u00e0-\u024f]+")
_LOOKED_AT = 2000  # characters; more would not change the answer
_LETTERS_IN_A_CHINESE_CHARACTER = 3  # a Chinese word of two characters says what six Latin letters do

# The commonest words of a language, joined, since a quoted word each would fill a page.
_COMMON = {
    "en": " the of and to in is for on that with as by are was from its has will be ",
    "fr": " le la les des et est pour dans une du sur que qui par avec au aux ",
    "de": " der die das und ist mit von für den dem auf ein eine nicht zu im des ",
    "es": " el la los las y es para en una del por con que se su al como ",
    "pt": " o os as e é para em uma do da dos por com que não ao como ",
    "it": " il lo gli e è per di una del della che con non sono nel alla ",
}
_NOT_LATIN = frozenset({"zh", "ja", "ko", "ru", "uk", "bg", "el", "ar", "he", "th", "hi", "fa"})


def language_of(text: str, declared: str = "") -> str:
    """An ISO 639-1 code for the text.

    The script decides; `declared` (a feed's or page's own claim, such as "fr-CA") only chooses among the
    languages of the Latin script, or stands in when the text has no letters to judge by.
    """
    text = text[:_LOOKED_AT]
    code = declared.replace("_", "-").split("-")[0].strip().lower()
    counts = {
        "zh": len(_HAN.findall(text)) * _LETTERS_IN_A_CHINESE_CHARACTER,
        "ja": len(_KANA.findall(text)) * _LETTERS_IN_A_CHINESE_CHARACTER,
        "ko": len(_HANGUL.findall(text)) * _LETTERS_IN_A_CHINESE_CHARACTER,
        "ru": len(_CYRILLIC.findall(text)),
        "": len(_LATIN.findall(text)),
    }
    if not any(counts.values()):
        return code or "en"
    if counts["ja"] * 4 > counts["zh"]:  # Japanese mixes Han with at least a quarter as much kana
        counts["ja"] += counts.pop("zh")
    script = max(counts, key=lambda name: counts[name])
    return script or _latin(text, code)


def _latin(text: str, code: str) -> str:
    if code and code not in _NOT_LATIN:
        return code
    words = _WORD.findall(text.lower())
    votes = {name: sum(f" {word} " in common for word in words) for name, common in _COMMON.items()}
    return max(votes, key=lambda name: votes[name])  # English stands first, so it wins a draw
