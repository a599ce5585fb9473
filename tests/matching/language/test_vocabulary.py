"""The vocabulary: its table, how phrases are found in texts of either language, and its tree."""

import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.text import concept_terms, terms
from matching.vocabulary import TABLE, Vocabulary, vocabulary, words_of

LINES = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]


def found(text: str) -> list[str]:
    return list(vocabulary().concepts(text))


def test_table_has_a_few_hundred_concepts_in_both_languages() -> None:
    assert 300 <= len(LINES) <= 600
    assert [code for code, _wider, vi, en in LINES if not vi.strip() or not en.strip()] == []


def test_no_phrase_stands_twice_in_one_line() -> None:
    twice = {}
    for code, _wider, vi, en in LINES:
        for language in (vi, en):
            phrases = Counter(phrase.strip().casefold() for phrase in language.split(";"))
            if repeated := [phrase for phrase, count in phrases.items() if count > 1 or not phrase]:
                twice[code] = repeated
    assert twice == {}


def test_every_phrase_finds_its_own_concept() -> None:
    lost = [
        (code, phrase)
        for code, _wider, vi, en in LINES
        for phrase in f"{vi};{en}".split(";")
        if code not in found(phrase)
    ]
    assert lost == []


def test_every_longer_phrase_without_marks_finds_its_own_concept() -> None:
    lost = []
    for code, _wider, vi, _en in LINES:
        for phrase in vi.split(";"):
            words = words_of(phrase)
            if len(words) > 1 and code not in found(" ".join(word.plain for word in words)):
                lost.append((code, phrase))
    assert lost == []


def test_wider_concepts_end_and_never_circle() -> None:
    known = vocabulary()
    assert max(len(list(known.wider(code))) for code in known.parents) <= 4
    assert list(known.wider("agri.shrimp")) == ["agri.aqua", "agri"]
    assert list(known.wider("agri")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hộ nuôi tôm ở Cà Mau", ["agri.shrimp", "place.mekong"]),
        ("HỘ NUÔI TÔM Ở CÀ MAU", ["agri.shrimp", "place.mekong"]),
        ("ho nuoi tom o ca mau", ["agri.shrimp", "place.mekong"]),
        ("Shrimp farmers in the Mekong Delta", ["agri.shrimp", "agri", "place.mekong"]),
        ("shrimps, SHRIMP; prawns", ["agri.shrimp"] * 3),
        ("batteries and a battery", ["energy.battery"] * 2),
        ("e-commerce / ecommerce / E Commerce", ["retail.ecom"] * 3),
        ("thủy sản, thuỷ sản", ["agri.aqua"] * 2),
        ("quản lý kho và quản lí kho", ["mobility.warehouse"] * 2),
        ("nothing to see here", []),
        ("", []),
        ("   …  — !", []),
    ],
)
def test_phrases_are_found_however_they_are_written(text: str, expected: list[str]) -> None:
    assert found(text) == expected
    assert found(unicodedata.normalize("NFD", text)) == expected


@pytest.mark.parametrize(
    ("text", "has", "has_not"),
    [
        ("được phép", "", "bio.drug"),  # "được" is not "dược"
        ("dược phẩm", "bio.drug", ""),
        ("truyền thống", "media.culture", "media"),
        ("truyền thông", "media", "media.culture"),
        ("thị trường khó khăn", "", "mobility.warehouse"),
        ("cá nhân tôi", "", "agri.aqua"),
        ("smart city", "city", ""),
        ("trạm sạc xe máy điện", "mobility.ev", "mobility.auto"),  # the longest phrase wins
        ("học máy", "ai", "edu"),
        ("machine learning", "ai", "edu"),
        ("green hydrogen", "energy.hydrogen", "env"),
        ("pin mặt trời", "energy.solar", "energy.battery"),
    ],
)
def test_marks_and_the_longest_phrase_tell_meanings_apart(text: str, has: str, has_not: str) -> None:
    codes = found(text)
    assert not has or has in codes
    assert not has_not or has_not not in codes


def test_short_english_words_are_not_syllables_without_marks() -> None:
    assert found("the in on an may a to") == []
    assert found("thẻ từ") == ["thing.card"]


def test_text_typed_without_marks_may_mean_either() -> None:
    assert set(found("truyen thong")) == {"media", "media.culture"}


@given(st.text(max_size=80))
def test_any_text_gives_known_codes_in_every_form(text: str) -> None:
    codes = found(text)
    assert set(codes) <= set(vocabulary().parents)
    assert found(unicodedata.normalize("NFD", text)) == found(unicodedata.normalize("NFC", text))


@given(st.lists(st.sampled_from(["tôm", "nuôi tôm", "shrimp", "và", "xe điện", "the", "AI"]), max_size=8))
def test_what_is_said_twice_counts_twice(parts: list[str]) -> None:
    once = Counter(found(" . ".join(parts)))
    twice = Counter(found(" . ".join([*parts, "|||", *parts])))
    assert all(twice[code] >= 2 * count - 1 for code, count in once.items())


def test_terms_carry_concepts_beside_the_words_and_narrow_ones_weigh_more() -> None:
    found_terms = Counter(terms("", "nuôi tôm"))
    assert found_terms == {
        "nuoi": 1,
        "tom": 1,
        "nuoi_tom": 1,
        "=agri.shrimp": 3,
        "=agri.aqua": 1,
        "=agri": 1,
    }


def test_names_give_no_concepts() -> None:
    assert [term for term in terms("Shrimp Farm Fintech") if term in concept_terms()] == []


@pytest.mark.parametrize("table", ["a\tb\tc", "a\t\tx\ty\na\t\tz\tw", "a\tnowhere\tx\ty", "a"])
def test_broken_tables_are_refused(tmp_path: Path, table: str) -> None:
    path = tmp_path / "table.tsv"
    path.write_text(table, encoding="utf-8")
    with pytest.raises(ValueError, match=r"table\.tsv"):
        Vocabulary.read(path)


def test_remarks_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_text("# remark\n\na\t\tmột; hai ba\tone\nb\ta\t\ttwo\n", encoding="utf-8")
    known = Vocabulary.read(path)
    assert (dict(known.parents), known.longest) == ({"a": "", "b": "a"}, 2)
    assert list(known.concepts("Hai ba, two, three")) == ["a", "b"]


def test_empty_table_finds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_text("", encoding="utf-8")
    assert list(Vocabulary.read(path).concepts("one two")) == []
