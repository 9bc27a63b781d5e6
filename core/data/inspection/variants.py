"""Variants: class names that differ only in case, spaces or leading zeros, such as Cat and cat."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from core.base.finding import Action, Finding
from core.base.text import counted, few

INVISIBLE = "Cf"  # category of zero-width spaces, byte order marks and marks of direction


def plain(name: str) -> str:
    """Return the name in the form that its variants share.

    >>> plain(" Hot  Dog"), plain("007")
    ('hot dog', '7')
    """
    text = unicodedata.normalize("NFKC", name)
    if not text.isascii():
        text = "".join(sign for sign in text if unicodedata.category(sign) != INVISIBLE)
    text = " ".join(text.casefold().split())
    return str(int(text)) if text.isdecimal() else text


def find_variants(words: Iterable[str]) -> list[list[str]]:
    """Return the groups of different names with one plain form, the most frequent name first."""
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for word, count in Counter(words).items():
        groups[plain(word)][word] += count
    ordered = [sorted(group, key=lambda w, g=group: (-g[w], w)) for group in groups.values()]
    return sorted(group for group in ordered if len(group) > 1)


def check_variants(words: Sequence[str]) -> list[Finding]:
    """Return a warning if classes differ only in case or spaces; its action merges them."""
    groups = find_variants(words)
    if not groups:
        return []
    examples = few([" / ".join(group) for group in groups])
    text = (
        f"{counted(len(groups), 'class')} {'occurs' if len(groups) == 1 else 'occur'} in several "
        f"spellings, which count as different classes: {examples}. Merge them if they mean the "
        "same."
    )
    action = Action("Merge these classes", {"merge_classes": True})
    return [Finding("class_variants", "warn", text, {"variants": groups}, action)]


def merged(words: Sequence[str]) -> list[str]:
    """Return the words with the most frequent of each group of variants."""
    names = {name: group[0] for group in find_variants(words) for name in group}
    return [names.get(word, word) for word in words]


def as_classes(words: Sequence[str], classes: Sequence[str]) -> list[str]:
    """Return the words as the class with the same plain form, if there is one."""
    names = {plain(name): name for name in classes}
    return [names.get(plain(word), word) for word in words]
