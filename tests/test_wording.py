"""Every text of the tree that a person can read, checked for the rules that a program can check:
words that the product does not use, double spaces, empty texts, findings without a code.

The words are those of the language standard. What a sentence means is checked by reading it.
"""

import ast
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest

from core.base.finding import Level

ROOT = Path(__file__).parents[1]
SOURCES = ("app.py", "core/**/*.py", "pages/**/*.py", "benchmarks/**/*.py")
FILES = ("README.md", "CHANGELOG.md", "docs/**/*.md", "assets/**/*.md", "assets/**/*.json",
         "assets/**/*.js")  # fmt: skip

PENDING: tuple[str, ...] = (  # not rewritten yet: who has rewritten a part takes it out
)

FORBIDDEN = {
    "shall": "will, should or must",
    "is told": "name who reports it, or say what is shown",
    "stands(?! for)": "is, is in, is stored in",
    "lies": "is, is in, is stored in",
    "at once": "immediately, or at the same time",
    "take it off": "Remove and the object",
    "how it stands": "its state",
    "by heart": "memorized",
    "of its own": "separate, its own …",
    "who leads": "what is best so far",
    "so far as": "as far as, or leave it out",
    "deck": "cite the paper or the book",
    "picture": "image",
    "pictures": "images",
}
COMPARISON = "By heart"  # the name of a comparison, and so allowed
WORD = re.compile(r"[^\W\d_]{2,}")
MATH = re.compile(r"\$[^$\n]*\$")
MARKDOWN_CODE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)\s]*\)|<[^>\n]*>", re.DOTALL)
JS_TEXT = re.compile(r"//[^\n]*|/\*.*?\*/|'[^'\n]*'|\"[^\"\n]*\"|`[^`]*`", re.DOTALL)


@dataclass(frozen=True)
class Text:
    """One text with its place. `layout` says that its spaces are what a person sees."""

    path: str
    line: int
    text: str
    layout: bool = True


def texts_of(path: str, content: str) -> Iterator[Text]:
    """The readable texts of a file, by its suffix."""
    reader = {".py": python_texts, ".json": json_texts, ".js": js_texts, ".md": markdown_texts}
    return reader[Path(path).suffix](path, content)


def python_texts(path: str, content: str) -> Iterator[Text]:
    """Docstrings, except those of private functions, and prose among the other literals."""
    tree = ast.parse(content)
    silent = set()  # nodes that nobody reads as text
    nodes = list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if isinstance(doc := docstring(node), ast.Constant):
                silent.add(doc)
                if not getattr(node, "name", "").startswith("_"):
                    shown = isinstance(node, ast.ClassDef)
                    yield Text(path, doc.lineno, inspect.cleandoc(doc.value), layout=shown)
        elif isinstance(node, ast.keyword) and node.arg in {"key", "pattern", "id", "css"}:
            silent.update(ast.walk(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "re":
                silent.update(ast.walk(node))
        elif isinstance(node, ast.JoinedStr):
            silent.update(value for value in node.values if isinstance(value, ast.Constant))
            for value in node.values:
                if isinstance(value, ast.FormattedValue) and value.format_spec:
                    silent.update(ast.walk(value.format_spec))
    for node in nodes:
        if node in silent:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                str(value.value) if isinstance(value, ast.Constant) else "0"
                for value in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if is_prose(text) or text in {"picture", "pictures"}:
            yield Text(path, node.lineno, text, layout=not path.startswith("benchmarks"))


def docstring(node: ast.AST) -> ast.AST | None:
    first = node.body[0] if node.body else None
    return first.value if isinstance(first, ast.Expr) else None


def json_texts(path: str, content: str) -> Iterator[Text]:
    """The prose among the values, and each name and description."""
    waiting = [("", json.loads(content))]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.items())
        elif isinstance(value, list):
            waiting.extend((name, item) for item in value)
        elif isinstance(value, str) and (is_prose(value) or name in {"name", "about"}):
            yield Text(path, 1, value)


def js_texts(path: str, content: str) -> Iterator[Text]:
    """Literals and comments."""
    for match in JS_TEXT.finditer(content):
        text = re.sub(r"\$\{[^}]*\}", "0", match[0].strip("'\"`/* "))
        if is_prose(text):
            comment = match[0].startswith("/")
            yield Text(path, content.count("\n", 0, match.start()) + 1, text, layout=not comment)


def markdown_texts(path: str, content: str) -> Iterator[Text]:
    """Paragraphs and list entries, without code and addresses."""
    blank = MARKDOWN_CODE.sub(lambda match: "0" + "\n" * match[0].count("\n"), content)
    line = 1
    for paragraph in re.split(r"(\n\s*\n)", blank):
        if is_prose(paragraph):
            yield Text(path, line, paragraph.strip(), layout="|" not in paragraph)
        line += paragraph.count("\n")


def is_prose(text: str) -> bool:
    """Whether it has two words with a space between, and is no formula, pattern or markup."""
    plain = MATH.sub("0", text)
    if re.search(r"\\[A-Za-z]|[{};]\s*$|^\s*[<.#@]|^\w+/\w|^https?:", plain):
        return False
    return len(WORD.findall(plain)) >= 2 and " " in plain.strip()


def wording_faults(path: str, content: str) -> list[str]:
    """What is wrong with the texts of a file: one line for each fault, with its place."""
    faults = []
    for text in texts_of(path, content):
        place = f"{text.path}:{text.line}"
        flat = " ".join(MATH.sub("0", text.text).split())
        if not flat:
            faults.append(f"{place}: an empty text")
        allowed = flat.replace(COMPARISON, "").lower()
        for word, instead in FORBIDDEN.items():
            if re.search(rf"(?<![\w-]){word}(?![\w-])", allowed):
                faults.append(
                    f"{place}: “{word.partition('(')[0]}” ({instead}): {shortened(flat, word)}"
                )
        if text.layout and re.search(r"[^\s|#] {2,}[^\s#|]", text.text):
            faults.append(f"{place}: two spaces: {flat[:80]}")
    return faults + (code_faults(path, content) if path.endswith(".py") else [])


def code_faults(path: str, content: str) -> list[str]:
    """Findings without a stable code or without a text."""
    faults = []
    if "Finding(" not in content:
        return faults
    for node in ast.walk(ast.parse(content)):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "Finding":
            continue
        named = {word.arg: word.value for word in node.keywords}
        arguments = dict(zip(("code", "level", "text"), node.args)) | named
        code, text = arguments.get("code"), arguments.get("text")
        fixed = code.value if isinstance(code, ast.Constant) else "computed"
        if code is None or fixed in get_args(Level) or not re.fullmatch(r"[a-z][a-z0-9_]*", fixed):
            faults.append(f"{path}:{node.lineno}: a finding without a code")
        if text is None or (isinstance(text, ast.Constant) and not str(text.value).strip()):
            faults.append(f"{path}:{node.lineno}: a finding without a text")
    return faults


def shortened(text: str, word: str) -> str:
    """The part of the text around the word."""
    at = max(0, text.lower().find(word.partition("(")[0]) - 40)
    return text[at : at + 100]


def readable_files() -> list[str]:
    """All files with texts, as paths from the root of the tree."""
    found = [path for pattern in (*SOURCES, *FILES) for path in ROOT.glob(pattern)]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def test_all_texts_follow_the_language_standard() -> None:
    files = readable_files()
    assert len(files) > 200
    faults = [
        fault
        for path in files
        if not path.startswith(PENDING)
        for fault in wording_faults(path, (ROOT / path).read_text())
    ]
    assert not faults, "\n".join([f"{len(faults)} faults", *faults])


@pytest.mark.parametrize(
    ("path", "content", "fault"),
    [
        ("a.py", 'st.caption("The run shall end now.")', "shall"),
        ("a.py", 'st.caption(f"Stop {name} at once.")', "at once"),
        ("a.py", 'st.metric("All", counted(n, "picture"))', "picture"),
        ("a.py", 'st.caption("Two  spaces here.")', "two spaces"),
        ("a.py", 'def shown():\n    """Tell how\n    it stands."""', "how it stands"),
        ("a.py", 'class Adam:\n    """The step  is scaled."""', "two spaces"),
        ("a.py", 'Finding("warn", "The loss rises.")', "without a code"),
        ("a.py", 'Finding("loss_rises", "warn", "")', "without a text"),
        ("a.py", 'Finding(code="Loss rises", level="warn", text=f"{x} rises")', "without a code"),
        ("a.md", "All data lies\nin one folder.", "lies"),
        ("a.json", '{"about": "A picture of a cat."}', "picture"),
        ("a.json", '{"name": " "}', "an empty text"),
        ("a.js", "el.title = 'Every line of its own';", "of its own"),
    ],
)
def test_a_bad_text_is_found(path: str, content: str, fault: str) -> None:
    assert any(fault in found for found in wording_faults(path, content))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.py", 'st.caption("The run ends now.", key="it lies here")'),
        ("a.py", 're.compile("shall we  or not")'),
        ("a.py", 'def _hidden():\n    """How it stands."""'),
        ("a.py", r'formula = r"\text{shall be} \frac{a}{b}"'),
        ("a.py", 'Finding(f"note_{i}", "info", text)'),
        ("a.md", "Run `it lies  here` first."),
        ("a.json", '{"kind": "shall", "name": "By heart: none"}'),
    ],
)
def test_code_and_good_texts_pass(path: str, content: str) -> None:
    assert wording_faults(path, content) == []
