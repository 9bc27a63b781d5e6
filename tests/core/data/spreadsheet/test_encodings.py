"""Encodings: text that is not UTF-8 is read with its own letters, or in a chosen encoding."""

from typing import get_args

import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import inspect_files
from core.data.reading import Reading
from core.data.spreadsheet.encodings import ENCODINGS, rank_encodings
from core.data.spreadsheet.table import read_table

TEXTS = {
    "cp1252": ("Größe,Straße", "Müller,Bär", "Köln,Hügel"),
    "cp1250": ("délka,šířka", "růže,smrk", "buk žlutý,kůň"),
    "cp1254": ("uzunluk,genişlik", "gül,çam", "ığdır,yağmur"),
    "cp1257": ("aukštis,plotis", "ąžuolas,eglė", "beržas,šermukšnis"),
    "mac_roman": ("Größe,Straße", "Müller,Bär", "Köln,Hügel"),
    "cp850": ("Größe,Länge", "Müller,Bär", "Köln,Hügel"),
    "cp1251": ("длина,ширина", "роза,дуб", "клён,Москва"),
    "koi8_r": ("длина,ширина", "роза,дуб", "клён,Москва"),
    "cp866": ("длина,ширина", "роза,дуб", "клён,Москва"),
    "cp1253": ("μήκος,πλάτος", "πεύκο,ελιά", "τριαντάφυλλο,δάφνη"),
    "cp1255": ("אורך,רוחב", "ורד,אורן", "תאנה,זית"),
    "cp1256": ("الطول,العرض", "ورد,نخيل", "تين,زيتون"),
    "cp874": ("ความยาว,ความกว้าง", "กุหลาบ,สน", "มะม่วง,กล้วย"),
    "cp949": ("길이,너비", "장미,소나무", "참나무,대나무"),
    "cp932": ("名前,都市", "さくら,東京", "松,表計算"),
    "gb18030": ("姓名,城市", "玫瑰,北京", "松树,上海"),
    "big5": ("姓名,城市", "玫瑰,臺北", "松樹,高雄"),
}


def written(encoding: str) -> tuple[bytes, tuple[str, ...]]:
    header, *rows = TEXTS[encoding]
    lines = [f"{header},x", *(f"{row},{i}.5" for i, row in enumerate(rows * 6))]
    return "\r\n".join(lines).encode(encoding), (*header.split(","), "x")


def test_every_encoding_is_a_choice_and_has_a_text():
    choices = get_args(Reading.model_fields["encoding"].annotation)
    assert set(choices) == {"auto", *ENCODINGS} and set(TEXTS) == set(ENCODINGS)


@pytest.mark.parametrize("encoding", TEXTS)
def test_words_are_read_with_their_own_letters(encoding):
    data, names = written(encoding)
    table = read_table(data, "t.csv")
    assert table.header == names
    rows = [row.split(",") for row in TEXTS[encoding][1:]] * 6
    assert list(zip(table.words[0], table.words[1], strict=True)) == [tuple(row) for row in rows]
    assert [n.evidence for n in table.notes if n.code == "legacy_encoding"] == [
        {"encoding": encoding}
    ]


@pytest.mark.parametrize("encoding", TEXTS)
def test_a_chosen_encoding_is_used(encoding):
    data, names = written(encoding)
    assert read_table(data, "t.csv", encoding=encoding).header == names


def test_another_likely_encoding_is_one_press_away():
    data, _ = written("cp1250")
    found = inspect_files(data, names=("t.csv", ""))
    note = next(f for f in found.findings if f.code == "legacy_encoding")
    again = inspect_files(
        data, names=("t.csv", ""), reading=Reading().with_changes(note.action.changes)
    )
    other = next(f for f in again.findings if f.code == "legacy_encoding")
    assert note.action.changes == {"encoding": other.evidence["encoding"]} != note.evidence


@pytest.mark.parametrize("sign", ["°C", "µm", "€", "m²", "½"])
def test_signs_of_units_are_western(sign):
    data = f"size,kind,x\n5 {sign},a,1\n7 {sign},b,2\n".encode("cp1252")
    assert rank_encodings([data]) == {}
    table = read_table(data, "t.csv")
    assert table.header == ("size", "kind", "x") and len(table) == 2


def test_the_mark_may_be_missing_before_utf_16():
    for encoding in ("utf-16-le", "utf-16-be"):
        table = read_table("größe,kind\n1.5,a\n2.5,b\n".encode(encoding), "t.csv")
        assert table.header == ("größe", "kind") and table.values[:, 0].tolist() == [1.5, 2.5]


def test_bytes_that_the_chosen_encoding_lacks_are_refused():
    with pytest.raises(BadData) as caught:
        read_table(b"a,b\n1,\x81\n2,x\n", "t.csv", encoding="cp1252")
    assert caught.value.code == "encoding"
