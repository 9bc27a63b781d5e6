"""Splits by groups, by time and by hash: rows that belong together stay together."""

from hashlib import blake2b
from itertools import pairwise

import numpy as np
import pytest

from core.base.encoding import decode, encode
from core.base.errors import BadData
from core.data import dealing_by_key
from core.data.datasets import Digits, Spreadsheets
from core.data.inspection.inspect import inspect_files
from core.data.library import Library, facts
from core.data.load import load
from core.data.reading import Reading
from core.data.split import Split
from core.data.split_keys import SplitKeys
from core.experiment import Experiment
from core.training.checks import part_sizes

DRAW = np.random.Generator(np.random.PCG64(3))
KEYS = SplitKeys("k", *reversed(np.unique(DRAW.integers(0, 25, 200), return_inverse=True)), True)
TEXTS = SplitKeys("k", np.arange(9), np.array(list("abcdefghi")), False)
FRACTIONS = [(0.15, 0.15), (0.3, 0.0), (0.0, 0.2), (0.0, 0.0), (0.05, 0.6)]
ROLE = Reading(columns={"who": {"role": "split_key"}})


def parts(method, keys=KEYS, **how):
    dealt = Split(method=method, **how).parts(np.zeros(len(keys.codes), np.int64), keys=keys)
    together = np.concatenate([dealt.train, dealt.validation, dealt.test])
    assert sorted(together) == list(range(len(keys.codes)))  # each row once
    return dealt.train, dealt.validation, dealt.test


def table(who, count=None) -> bytes:
    """Return a file with two numbers, the column `who` and a class."""
    rows = [f"{i * 7 % 31},{i * 3 % 17},{who[i]},{'ab'[i % 2]}" for i in range(count or len(who))]
    return "\n".join(["x,y,who,label", *rows]).encode()


@pytest.mark.parametrize("fractions", FRACTIONS, ids=str)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_group_is_in_two_parts(fractions, seed):
    validation, test = fractions
    dealt = parts("groups", validation=validation, test=test, seed=seed)
    groups = [set(KEYS.codes[part]) for part in dealt]
    assert sum(map(len, groups)) == 25
    largest = np.bincount(KEYS.codes).max()
    for part, fraction in zip(dealt[1:], fractions, strict=True):
        assert abs(len(part) - 200 * fraction) <= largest / 2 and bool(len(part)) is bool(fraction)


def test_groups_of_very_different_sizes_leave_no_part_empty():
    codes = np.repeat([0, 1, 2], [98, 1, 1])
    for seed in range(8):
        sizes = map(len, dealing_by_key.deal_groups(codes, 0.15, 0.15, seed=seed))
        assert sorted(sizes) == [1, 1, 98]


@pytest.mark.parametrize("fractions", FRACTIONS, ids=str)
def test_later_rows_are_held_out(fractions):
    validation, test = fractions
    dealt = parts("time", validation=validation, test=test)
    times = [KEYS.codes[part] for part in dealt if len(part)]
    assert all(a.max() < b.min() for a, b in pairwise(times))
    assert len(times) == 1 + sum(map(bool, fractions))


def test_distinct_times_are_cut_like_a_sorted_array():
    order = DRAW.permutation(100)
    dealt = dealing_by_key.deal_in_order(order, 0.15, 0.2)
    np.testing.assert_array_equal([len(part) for part in dealt], [65, 15, 20])
    np.testing.assert_array_equal(np.sort(order[dealt[2]]), np.arange(80, 100))


def test_a_hash_depends_on_its_key_alone():
    names = np.array(["p7", "ä", "12"])
    digest = blake2b(b"5:p7", digest_size=8).hexdigest()
    places = dealing_by_key.hash_places(names, 5)
    assert places[0] == (int(digest, 16) >> 11) / 2**53 and (places < 1).all()
    np.testing.assert_array_equal(dealing_by_key.hash_places(names[::-1], 5), places[::-1])


def test_added_rows_move_no_row_of_a_split_by_hash(tmp_path):
    who = [f"p{i * 13 % 90}" for i in range(300)]
    found = []
    for rows in (200, 300):
        samples = inspect_files(table(who, rows), reading=ROLE).samples
        found.append(Split(method="hash").parts_of(samples))
    for before, after in zip(*((p.train, p.validation, p.test) for p in found), strict=True):
        np.testing.assert_array_equal(before, after[after < 200])
        assert 20 < len(after) < 240
    numbered = [Split(method="hash").parts(np.arange(n) % 2).test for n in (200, 300)]
    np.testing.assert_array_equal(numbered[0], numbered[1][numbered[1] < 200])


@pytest.mark.parametrize("method", ["groups", "time", "hash"])
def test_the_sizes_are_known_without_loading_the_rows(tmp_path, method):
    who = [str(2000 + i * 13 % 24) for i in range(120)]
    library = Library(tmp_path)
    digest, inspection = library.add(table(who), reading=ROLE)
    assert inspection.column_table[2].role == "split_key" and inspection.shape == (2,)
    assert "split_key" in {finding.code for finding in inspection.findings}
    data = Spreadsheets(digest=digest)
    samples, split = load(data, tmp_path), Split(method=method, fraction=0.5)
    dealt = split.parts_of(samples)
    sizes = (len(dealt.train), len(dealt.validation), len(dealt.test))
    assert part_sizes(Experiment(data=data, split=split), facts(tmp_path, digest)) == sizes
    if method != "hash":
        years = [set(np.array(who)[part]) for part in (dealt.validation, dealt.test)]
        assert not years[0] & years[1]


@pytest.mark.parametrize(
    "texts, ordered",
    [
        (["31.12.2023", "1.2.2024", "02.02.2024 08:30"], True),
        (["2023-12-31", "2024-02-01T10:00", "2024/02/01"], True),
        (["10", "9", "9.5"], True),
        (["p1", "p2", "p10"], False),
        (["2024-02-01", "7", "8"], False),
    ],
    ids=str,
)
def test_keys_are_ordered_as_numbers_or_dates(texts, ordered):
    keys = inspect_files(table(texts * 6), reading=ROLE).samples.keys
    assert keys.ordered is ordered
    expected = {"10": ["9", "9.5", "10"], "31.12.2023": ["2023", "2024-02-01", "2024-02-02"]}
    if texts[0] in expected:
        starts = zip(keys.values.tolist(), expected[texts[0]], strict=True)
        assert all(value.startswith(start) for value, start in starts)


def test_keys_of_a_label_file_follow_the_join():
    ids, who = np.arange(30), np.arange(30) // 3
    order = DRAW.permutation(30)
    inputs = "\n".join(["id,x,y", *(f"{i},{i * 7 % 13},{i * 5 % 11}" for i in ids)])
    labels = "\n".join(["id,who,label", *(f"{i},{who[i]},{'ab'[i % 2]}" for i in order)])
    keys = inspect_files(inputs.encode(), labels.encode(), reading=ROLE).samples.keys
    assert keys.values[keys.codes].tolist() == [str(group) for group in who]


@pytest.mark.parametrize(
    "method, keys, code",
    [
        ("groups", None, "split_needs_key"),
        ("time", None, "split_needs_key"),
        ("time", TEXTS, "split_no_times"),
        ("time", SplitKeys("k", np.zeros(9, int), np.array(["7"]), True), "split_too_few_keys"),
        ("groups", SplitKeys("k", np.arange(9) % 2, np.array(["a", "b"]), False),
         "split_too_few_keys"),
        ("hash", SplitKeys("k", np.zeros(9, int), np.array(["7"]), True), "split_empty_part"),
    ],
)  # fmt: skip
def test_a_split_that_cannot_be_is_refused(method, keys, code):
    with pytest.raises(BadData) as caught:
        Split(method=method).parts(np.arange(9) % 2, keys=keys)
    assert caught.value.code == code


def test_own_validation_rows_and_two_keys_are_refused():
    with pytest.raises(BadData) as caught:
        Split(method="hash").parts(np.arange(9) % 2, own_validation=np.array([1]))
    assert caught.value.code == "split_has_parts"
    twice = Reading(columns={"who": {"role": "split_key"}, "x": {"role": "split_key"}})
    with pytest.raises(BadData) as caught:
        inspect_files(table(["a", "b"] * 9), reading=twice)
    assert caught.value.code == "several_keys"
    with pytest.raises(BadData) as caught:
        inspect_files(table(["a", "b", ""] * 9), reading=ROLE)
    assert caught.value.code == "key_missing" and "row 4" in str(caught.value)


def test_json_of_earlier_experiments_has_the_usual_method():
    old = encode(Experiment(data=Digits())).replace('"method":"random",', "")
    assert '"method"' not in old and decode(Experiment, old).split == Split()
    chosen = Experiment(split=Split(method="hash"))
    assert decode(Experiment, encode(chosen)) == chosen
