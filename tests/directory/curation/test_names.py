"""Names without their legal forms, and the keys under which names of one organisation meet."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.directory.curation.names import code_of, core_of, keys_of
from app.directory.vocabulary import words


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("Công ty Cổ phần Công nghệ Sông Hồng", "cong nghe song hong"),
        ("CTCP Công nghệ Sông Hồng", "cong nghe song hong"),
        ("CÔNG TY TNHH MTV CÔNG NGHỆ SÔNG HỒNG", "cong nghe song hong"),
        ("Công ty TNHH Một thành viên Công nghệ Sông Hồng", "cong nghe song hong"),
        ("Cong ty TNHH cong nghe song hong", "cong nghe song hong"),
        ("Song Hong Technology Joint Stock Company", "song hong technology"),
        ("Song Hong Technology J.S.C.", "song hong technology"),
        ("Song Hong Technology Co., Ltd.", "song hong technology"),
        ("Acme, Inc.", "acme"),
        ("Acme GmbH", "acme"),
        ("Công ty TNHH", "cong ty tnhh"),
        ("Incubator Inc", "incubator"),
        ("Cổ Loa", "co loa"),
        ("", ""),
    ],
)
def test_the_legal_form_is_no_part_of_the_name(name: str, core: str) -> None:
    assert core_of(name) == core


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Công ty Cổ phần Sông Hồng"}, {"name": "Song Hong JSC"}),
        ({"name": "Robot Sông Hồng"}, {"name": "Sông Hồng Robot"}),
        ({"name": "Robot Sông Hồng"}, {"name": "Robto Sông Hồng"}),
        ({"name": "Robot Sông Hồng"}, {"name": "Robot Sông Hông s"}),
        ({"name": "Kanta"}, {"name": "Kantaa"}),
        ({"name": "Kanta"}, {"name": "Knta"}),
        ({"name": "Kanta"}, {"name": "Kanto"}),
        ({"name": "Một", "enterprise_code": "0101234567"}, {"name": "Hai", "enterprise_code": "0101234567001"}),
        ({"name": "Một", "domain": "robot.example"}, {"name": "Hai", "domain": "robot.example"}),
        ({"name": "Tiếng Việt", "name_en": "River Robot"}, {"name": "River Robot Ltd"}),
        ({"name": "Ngân hàng Đầu tư Phát triển"}, {"name": "NHDTPT"}),
    ],
)
def test_what_may_be_one_meets_under_some_key(one: dict[str, str], other: dict[str, str]) -> None:
    assert keys_of(one) & keys_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Robot Sông Hồng"}, {"name": "Nông nghiệp Xanh"}),
        ({"name": "Công ty TNHH Alpha"}, {"name": "Công ty TNHH Omega"}),
        ({"name": "Một", "domain": "facebook.com"}, {"name": "Hai", "domain": "facebook.com"}),
        ({"name": "Một", "enterprise_code": "123"}, {"name": "Hai", "enterprise_code": "123"}),
    ],
)
def test_what_has_only_the_legal_form_or_a_shared_host_in_common_does_not_meet(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert not keys_of(one) & keys_of(other)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60), st.text(alphabet="0123456789-. ", max_size=20))
def test_any_name_has_a_core_of_its_own_words(name: str, code: str) -> None:
    assert set(core_of(name).split()) <= set(words(name).split())
    assert len(code_of(code)) in (0, 10)
    assert len(keys_of({"name": name, "enterprise_code": code})) < 60
