"""The frame, the front page and the error pages: what they say to whom."""

import re
from typing import Any
from uuid import UUID

import pytest

from app.core import i18n, templating
from app.core.answers import TITLES
from app.core.web import Actor
from tests.look.conftest import EVENT, STATS, frame, home


def links(html: str, part: str) -> list[str]:
    """Addresses inside the first element with the class `part`."""
    found = re.search(rf'class="{part}.*?</(?:nav|details|footer)>', html, re.DOTALL)
    assert found is not None
    return re.findall(r'<a href="(/[^"]*)"', found[0])


def somebody(*roles: str) -> Actor:
    return Actor(id=UUID(int=7), name="Nguyễn Đức Anh", email="anh@demo.example", roles=frozenset(roles), via="session")


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize(
    ("roles", "staff"),
    [
        ((), []),
        (("desk",), []),
        (("organizer",), ["/events/manage"]),
        (("admin",), ["/events/manage", "/staff"]),
    ],
)
def test_the_account_menu_offers_what_the_role_may_do(roles: tuple[str, ...], staff: list[str]) -> None:
    html = templating.render("portal/home.html", home(actor=somebody(*roles)))
    everybody = ["/organisations", "/introductions", "/account/profile", "/mentoring", "/deals", "/saved", "/account"]
    assert links(html, "menu menu-end") == [*everybody, *staff]
    assert '<form action="/sign-out" method="post" hx-boost="false">' in html


def test_strangers_are_offered_to_sign_in_and_no_menu() -> None:
    html = templating.render("portal/home.html", home())
    assert "menu-panel" not in html
    assert html.count('href="/sign-in"') == 2


@pytest.mark.parametrize("path", ["/directory", "/suggestions", "/events", "/events/ngay-hoi"])
def test_the_place_one_is_in_is_marked_in_both_navigations(path: str) -> None:
    html = templating.render("error.html", frame(current_path=path, status=404, title="", message=""))
    here = re.findall(r'href="([^"]+)" aria-current="page"', html)
    assert here == ["/" + path.split("/")[1]] * 2


def test_the_other_language_is_one_press_away_and_comes_back_to_this_very_page() -> None:
    context = frame(current_path="/directory", current_query="q=a&b=%22", status=404, title="", message="")
    html = templating.render("error.html", context)
    assert '<input type="hidden" name="next" value="/directory?q=a&amp;b=%22">' in html
    assert 'name="lang" value="en" lang="en"' in html
    with i18n.in_language("en"):
        english = templating.render("error.html", {**context, "locale": "en"})
    assert '<html lang="en">' in english
    assert 'name="lang" value="vi" lang="vi"' in english


def test_a_message_that_came_along_is_shown_once_as_text() -> None:
    html = templating.render("portal/home.html", home(flash="Đã lưu <b>"))
    assert html.count("Đã lưu &lt;b&gt;") == 1
    assert "data-toast" in html


def test_the_chosen_theme_is_there_before_any_script() -> None:
    assert '<html lang="vi" data-theme="dark">' in templating.render("portal/home.html", home(theme="dark"))
    assert '<html lang="vi">' in templating.render("portal/home.html", home())


def test_the_source_of_the_data_is_named_and_linked_on_every_page() -> None:
    html = templating.render("error.html", frame(status=404, title="", message=""))
    assert '<a href="https://www.crunchbase.com" rel="external noopener">CrunchBase</a>' in html


def test_a_stranger_sees_what_this_is_with_counted_numbers() -> None:
    html = templating.render("portal/home.html", home())
    assert words(re.findall(r"<h1.*?</h1>", html)[0]) == "Khởi nghiệp gặp đúng người"
    stats = dict(
        zip(
            *(re.findall(p, html) for p in (r"stat-label\">(?:<a[^>]*>)?([^<]+)<", r"stat-value num\">([^<]+)<")),
            strict=True,
        )
    )
    assert stats == {
        "doanh nghiệp khởi nghiệp": "17.726",
        "nhà đầu tư": "5.501",
        "khoản đầu tư đã ghi nhận": "38.226",
        "sự kiện": "1",
    }
    assert '<a href="/events/ngay-hoi">Ngày hội Khởi nghiệp đổi mới sáng tạo Vùng Thủ đô</a>' in html
    assert re.findall(r'href="/sign-up\?as=(\w+)"', html) == ["startup", "investor", "mentor", "organizer"]


def test_an_empty_house_promises_nothing_and_says_what_to_do_first() -> None:
    empty = dict.fromkeys([*STATS, "registrations"], 0)
    html = templating.render("portal/home.html", frame(stats=empty, events=[], sample=False))
    assert re.findall(r'empty-title">([^<]+)<', html) == ["Danh bạ còn trống", "Chưa có sự kiện nào được công bố"]
    assert "stat-value" not in html


def test_members_are_led_to_their_suggestions_and_not_to_sign_up() -> None:
    html = templating.render("portal/home.html", home(actor=somebody()))
    assert "/sign-up" not in html
    assert html.count('href="/suggestions"') == 5


def test_english_counts_one_and_many() -> None:
    with i18n.in_language("en"):
        one = templating.render("portal/home.html", home() | {"stats": {**STATS, "startups": 1, "registrations": 0}})
    assert ">startup</a>" in one
    assert ">investors</a>" in one


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("status", sorted(TITLES))
def test_every_error_says_what_it_is_and_what_to_do_next(status: int, locale: str) -> None:
    with i18n.in_language(locale):
        context: dict[str, Any] = {
            "status": status,
            "title": TITLES[status].text(),
            "message": "Lời <i>giải thích</i>.",
        }
        html = templating.render("error.html", frame(**context))
        advice = words(html.partition("data-error-message")[2].partition("</p>")[2].partition("</p>")[0])
    assert f'<h1 tabindex="-1">{context["title"]}</h1>' in html
    assert "Lời &lt;i&gt;giải thích&lt;/i&gt;." in html
    assert len(advice) > 30
    assert "0123456789abcdef" in html
    assert 'href="/"' in html


def test_an_error_in_a_part_of_a_page_is_a_part_and_names_its_number_only_when_it_is_ours() -> None:
    context = {"title": "Chưa được", "message": "Lời <i>"}
    refused, broken = (templating.render("error_fragment.html", frame(status=s, **context)) for s in (409, 500))
    assert refused.lstrip().startswith('<div class="alert alert-error" role="alert">')
    assert ("<html" in refused, "Lời &lt;i&gt;" in refused) == (False, True)
    assert ("0123456789abcdef" in refused, "0123456789abcdef" in broken) == (False, True)


@pytest.mark.parametrize(("locale", "said"), [("vi", "Dữ liệu mẫu"), ("en", "Sample data")])
def test_components_speak_the_language_of_whoever_asks(locale: str, said: str) -> None:
    with i18n.in_language(locale):
        assert said in templating.environment().from_string("{{ ui.sample_badge() }}").render()


def test_text_of_an_event_cannot_break_out() -> None:
    evil = {**EVENT, "title": "</a><script>alert(1)</script>", "venue": '"><img src=x>'}
    html = templating.render("portal/home.html", home() | {"events": [evil]})
    assert "<script>alert" not in html
    assert "<img src=x" not in html
