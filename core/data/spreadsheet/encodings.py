"""Encodings: which one a text that is not UTF-8 is likely to have, from its words.

Nearly any bytes are valid in the encodings of one byte per character, so validity decides little.
In the right encoding, the letters of a word belong to one script and one language, and are those
that its language uses most.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

MOST_BYTES = 2**26  # bytes searched for words
FEWEST = 3  # letters that decide
ENOUGH = 300  # different words that decide
HALF = 0.6  # fraction of letters with accents up to which a word is in Latin script
CLOSE = 0.6  # fraction of the best score below which an encoding is not considered
COMMON = 0.8  # fraction of common characters from which a text is Chinese, Japanese or Korean

LANGUAGES = (  # the letters beside a to z
    *("äöüß", "éèêëàâîïôûùüçœæ", "áéíóúñü", "áâãàçéêíóôõú", "àèéìíòóùú", "åäöæøé", "ëïéèöü"),
    *("áðéíóúýþæö", "ąćęłńóśźż", "áčďéěíňóřšťúůýžäľĺŕô", "áéíóöőúüű", "ăâîşţșț", "čćđšž"),
    *("çğıöşüi\u0307âîû", "āčēģīķļņšūž", "ąčęėįšųūž"),
)
SIGNS = frozenset("\u00a0°µ²³½¼¾€£§±×÷·–—’‘“”…®©™ºª")
FREQUENT = {  # the ten most frequent letters of each script
    "CYRILLIC": frozenset("оеаинтсрвл"),
    "GREEK": frozenset("αοιετσνηυρ"),
    "HEBREW": frozenset("יוהלאתרמבש"),
    "ARABIC": frozenset("اليمونرتبة"),
    "THAI": frozenset("านรอกเงมยล"),
}
_TOKEN = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_DOUBLE = re.compile(rb"[^\x00-\x3f\x7f]*[\x80-\xff][^\x00-\x3f\x7f]*")  # as second bytes are


@dataclass(frozen=True)
class Encoding:
    """An encoding, its name on screen, its script ("" for Latin), and whether some characters need
    two bytes.
    """

    name: str
    label: str
    script: str = ""
    is_double: bool = False


ENCODINGS = {
    encoding.name: encoding
    for encoding in (
        Encoding("cp1252", "Western European (Windows-1252)"),
        Encoding("cp1250", "Central European (Windows-1250)"),
        Encoding("cp1254", "Turkish (Windows-1254)"),
        Encoding("cp1257", "Baltic (Windows-1257)"),
        Encoding("mac_roman", "Western European (Mac)"),
        Encoding("cp850", "Western European (DOS)"),
        Encoding("cp1251", "Cyrillic (Windows-1251)", "CYRILLIC"),
        Encoding("koi8_r", "Cyrillic (KOI8-R)", "CYRILLIC"),
        Encoding("cp866", "Cyrillic (DOS)", "CYRILLIC"),
        Encoding("cp1253", "Greek (Windows-1253)", "GREEK"),
        Encoding("cp1255", "Hebrew (Windows-1255)", "HEBREW"),
        Encoding("cp1256", "Arabic (Windows-1256)", "ARABIC"),
        Encoding("cp874", "Thai (Windows-874)", "THAI"),
        Encoding("cp949", "Korean (EUC-KR)", "HANGUL", is_double=True),
        Encoding("cp932", "Japanese (Shift JIS)", "HIRAGANA", is_double=True),
        Encoding("gb18030", "Simplified Chinese (GB 18030)", "CJK", is_double=True),
        Encoding("big5", "Traditional Chinese (Big5)", "CJK", is_double=True),
    )
}


def rank_encodings(chunks: Iterable[bytes]) -> dict[str, list[str]]:
    """Return the encodings in which the text may be written, the likeliest first, with the words of
    the text in each of them. Empty where no words decide, as units such as °C.
    """
    single, double = _words(chunks)
    if sum(map(len, single)) < FEWEST or all(_is_unit(word) for word in single):
        return {}
    decoded, scores = {}, {}
    for encoding in ENCODINGS.values():
        words = _decode(double if encoding.is_double else single, encoding.name)
        if words and (score := _score(words, encoding)) > 0:
            decoded[encoding.name], scores[encoding.name] = words, score
    ranked = sorted(scores, key=lambda name: -scores[name])
    return {name: decoded[name] for name in ranked if scores[name] > CLOSE * scores[ranked[0]]}


def _is_unit(word: bytes) -> bool:
    """Whether a word is letters with a single sign of Windows-1252, such as °C, µm or €."""
    others = [c for c in word.decode("cp1252", "replace") if not c.isascii()]
    return len(others) == 1 and others[0] in SIGNS


def _words(chunks: Iterable[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return different words with bytes beyond ASCII, in the order in which they occur."""
    found: tuple[dict[bytes, None], dict[bytes, None]] = ({}, {})
    passed, rest = 0, b""
    for chunk in chunks:
        lines, _, rest = (rest + chunk).rpartition(b"\n")
        for pattern, words in zip((_TOKEN, _DOUBLE), found, strict=True):
            words |= dict.fromkeys(pattern.findall(lines or rest))
        passed += len(chunk)
        if len(found[0]) >= ENOUGH or passed > MOST_BYTES:
            break
    for pattern, words in zip((_TOKEN, _DOUBLE), found, strict=True):
        words |= dict.fromkeys(pattern.findall(rest))
    return list(found[0]), list(found[1])


def _decode(words: list[bytes], encoding: str) -> list[str]:
    """Return the words in this encoding; none if one of them is not valid in it."""
    try:
        return [word.decode(encoding) for word in words]
    except UnicodeDecodeError:
        return []


def _score(words: list[str], encoding: Encoding) -> float:
    """Return how likely the words are in this encoding, from 0 to 1."""
    if encoding.is_double:
        return _common_characters(words, encoding)
    if encoding.script:
        return _letters_of_script(words, encoding.script)
    return max(map(partial(_letters_of_language, words), LANGUAGES))


def _letters_of_language(words: list[str], language: str) -> float:
    """Return the fraction of letters beyond ASCII that this language uses."""
    fitting = total = 0
    for word in words:
        others = [c for c in word if not c.isascii()]
        is_torn = re.search(r"[^\W\d_][^\w'’-]+[^\W\d_]|[a-z][²³ªº][a-z]", word)
        if set(others) <= SIGNS and not is_torn:
            continue
        total += len(others)
        if len(word) > 2 and len(others) > HALF * len(word):
            continue
        is_cased = not re.search(
            r"[a-z][A-Z]|\w[À-ÖØ-Þ][a-zß-öø-ÿ]|[a-zß-öø-ÿ][À-ÖØ-Þ]|[A-Z]{2}[à-ÿ]", word
        )
        if is_cased and not is_torn:
            fitting += sum(c.lower() in language for c in others)
    return fitting / max(total, 1)


def _letters_of_script(words: list[str], script: str) -> float:
    """Return the fraction of letters that are frequent in this script, with usual capitals. About
    two thirds are in the right encoding, and one third in another one.
    """
    frequent = total = 0.0
    for word in words:
        total += len(word)
        letters = [c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c) != "Mn"]
        if all(unicodedata.name(c, "").startswith(script) for c in letters):
            capitals = sum(c.isupper() for c in word[1:])
            frequent += sum(c.lower() in FREQUENT[script] for c in letters) - 0.5 * capitals
    return max(0.0, frequent / max(total, 1))


def _common_characters(words: list[str], encoding: Encoding) -> float:
    """Return the fraction of common characters, 0 below COMMON."""
    letters = [c for word in words for c in word if not c.isascii()]
    common = sum(_is_common(c, encoding) for c in letters) / max(len(letters), 1)
    return common if common >= COMMON else 0.0


def _is_common(letter: str, encoding: Encoding) -> bool:
    """Whether a character is one of the few thousand common ones of its language."""
    lead, second = (letter.encode(encoding.name, "ignore") + b"\0\0")[:2]
    if encoding.script == "HIRAGANA":
        return "\u3040" <= letter <= "\u30ff" or 0x88 <= lead <= 0x97
    if encoding.name == "big5":
        return 0xA4 <= lead <= 0xC6
    last = 0xC8 if encoding.script == "HANGUL" else 0xD7
    return 0xB0 <= lead <= last and second >= 0xA1
