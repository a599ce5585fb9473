"""Which addresses speak for which websites."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.directory.curation import domains


@pytest.mark.parametrize(
    ("email", "website", "fits"),
    [
        ("lan@robot.vn", "https://robot.vn", True),
        ("lan@robot.vn", "https://www.robot.vn/gioi-thieu?x=1", True),
        ("LAN@ROBOT.VN", "http://Robot.vn:8080/", True),
        ("lan@hn.robot.vn", "https://robot.vn", True),
        ("lan@robot.com.vn", "https://shop.robot.com.vn", True),
        ("lan@robot.vn", "https://robot.com.vn", False),
        ("lan@evilrobot.vn", "https://robot.vn", False),
        ("lan@robot.vn.evil.com", "https://robot.vn", False),
        ("lan@com.vn", "https://robot.com.vn", False),
        ("lan@hanoi.vn", "https://robot.hanoi.vn", False),
        ("lan@gmail.com", "https://gmail.com", False),
        ("lan@gmail.com", "https://robot.vn", False),
        ("lan@facebook.com", "https://facebook.com/robot.vn", False),
        ("lan@robot.wordpress.com", "https://robot.wordpress.com", False),
        ("lan@wordpress.com", "https://robot.wordpress.com", False),
        ("lan@bücher.example", "https://xn--bcher-kva.example", True),
        ("lan@xn--bcher-kva.example", "https://bücher.example", True),
        ("lan@gооgle-robot.com", "https://google-robot.com", False),
        ("lan@robot.vn", "https://evil.com/@robot.vn", False),
        ("lan@robot.vn", "https://robot.vn@evil.com/", False),
        ("lan@robot.vn", "", False),
        ("", "https://robot.vn", False),
        ("lan@127.0.0.1", "http://127.0.0.1", False),
        ("lan@localhost", "http://localhost", False),
        ("lan@robot.vn.", "https://robot.vn./", True),
    ],
)
def test_an_address_speaks_for_its_own_domain_only(email: str, website: str, fits: bool) -> None:
    assert domains.speaks_for(email, website) is fits


@pytest.mark.parametrize(
    ("email", "many"),
    [
        ("a@sis.hust.edu.vn", True),
        ("a@hanoi.gov.vn", True),
        ("a@ox.ac.uk", True),
        ("a@mit.edu", True),
        ("a@robot.vn", False),
        ("a@edu.robot.vn", False),
        ("a@academy.vn", False),
    ],
)
def test_addresses_of_universities_and_offices_are_had_by_many(email: str, many: bool) -> None:
    assert domains.has_many_people(email) is many


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=60))
def test_nothing_that_is_typed_breaks_the_comparison(local: str, website: str) -> None:
    assert domains.speaks_for(f"a@{local}", website) in (True, False)
    assert domains.speaks_for("a@robot.vn", f"https://{website}") in (True, False)
