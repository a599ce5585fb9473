"""The macros of ui.html: what they draw for the values they get."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import pytest

from app.core import i18n, templating
from app.core.forms import Form, parse


class Profile(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(max_length=5)]
    stage: str = ""
    kinds: list[str] = []


def draw(source: str, **context: object) -> str:
    """A piece of template as HTML, spaces between tags aside."""
    html = templating.environment().from_string(source).render(context)
    return re.sub(r">\s+<", "><", " ".join(html.split())).strip()


def wrong() -> Form[Profile]:
    return parse({"name": ["Sao Mai <Ventures>"], "kinds": ["startup"]}, Profile)


def test_every_component_is_reached_through_ui() -> None:
    shown = {name for name in vars(templating.environment().globals["ui"]) if not name.startswith("_")}
    assert shown == {
        *("ago", "alert", "avatar", "badge", "button", "card", "chip", "date", "definitions", "empty", "filter_chips"),
        *("icon", "link_button", "meter", "money", "page_head", "progress", "sample_badge", "skeleton", "source_note"),
        *("stat", "stats", "table"),
        *("checkbox", "checkboxes", "choice", "csrf", "error_summary", "facet", "facets_panel", "field", "fieldset"),
        *("file_field",),
        *("radio", "search", "select", "submit", "textarea"),
        *("breadcrumb", "copy", "dialog", "menu", "pagination", "qr", "reason", "reasons", "tabs", "thread"),
        *("timeline", "verdict"),
    }


def test_a_field_wires_label_hint_error_and_what_was_typed() -> None:
    html = draw(
        "{{ ui.field(form, 'name', 'Tên', hint='Ngắn thôi.', required=true, autocomplete='name') }}", form=wrong()
    )
    assert html == (
        '<div class="field field-bad"><label for="f-name">Tên</label><p class="hint" id="hint-f-name">Ngắn thôi.</p>'
        '<input class="input" id="f-name" name="name" type="text" value="Sao Mai &lt;Ventures&gt;" autocomplete="name"'
        ' required aria-describedby="hint-f-name error-f-name" aria-invalid="true">'
        '<p class="field-error" id="error-f-name">' + draw("{{ ui.icon('alert', size='s') }}") + ""
        "<span>Nội dung quá dài: tối đa 5 ký tự.</span></p></div>"
    )


def test_a_field_without_errors_says_that_it_may_stay_empty() -> None:
    html = draw("{{ ui.field(form, 'site', 'Trang web', type='url', attrs={'maxlength': 200}) }}", form=Form())
    assert html == (
        '<div class="field"><label for="f-site">Trang web <span class="optional">(không bắt buộc)</span></label>'
        '<input class="input" id="f-site" name="site" type="url" value="" maxlength="200"></div>'
    )


def test_a_password_is_never_sent_back() -> None:
    html = draw("{{ ui.field(form, 'password', 'Mật khẩu', type='password') }}", form=Form({"password": ["bí mật"]}))
    assert "value" not in html
    assert "bí mật" not in html


def test_a_textarea_keeps_lines_and_markup_as_text() -> None:
    html = (
        templating.environment()
        .from_string("{{ ui.textarea(form, 'about', 'Giới thiệu') }}")
        .render(form=Form({"about": ["\nmột\n</textarea><b>hai"]}))
    )
    assert html.partition(">\n")[2].partition("</textarea>")[0].endswith("\n\nmột\n&lt;/textarea&gt;&lt;b&gt;hai")


def test_a_select_chooses_what_was_typed_before_what_is_stored() -> None:
    source = "{{ ui.select(form, 'stage', 'Giai đoạn', [(1, 'Một'), (2, 'Hai')], value=1, required=true) }}"
    assert re.findall(r'value="(\d)" selected', draw(source, form=Form())) == ["1"]
    assert re.findall(r'value="(\d)" selected', draw(source, form=Form({"stage": ["2"]}))) == ["2"]


def test_checkboxes_show_stored_values_until_something_was_typed() -> None:
    source = "{{ ui.checkboxes(form, 'kinds', 'Loại', [('a', 'A'), ('b', 'B'), ('c', 'C')], values=['a', 'b']) }}"
    assert re.findall(r'value="(\w)" checked', draw(source, form=Form())) == ["a", "b"]
    assert re.findall(r'value="(\w)" checked', draw(source, form=Form({"kinds": ["c"]}))) == ["c"]


def test_a_group_carries_its_error_and_can_be_jumped_to() -> None:
    form = wrong()
    form.add_error("kinds", i18n.N_("Please choose one of the options."))
    html = draw("{{ ui.checkboxes(form, 'kinds', 'Loại', [('a', 'A')], required=true) }}", form=form)
    assert html.startswith(
        '<fieldset class="field fieldset field-bad" id="f-kinds" tabindex="-1"'
        ' aria-describedby="error-f-kinds" aria-invalid="true"><legend>Loại</legend>'
    )


@pytest.mark.parametrize(("typed", "checked"), [({}, True), ({"visible": ["no"]}, False)])
def test_radios_have_one_choice(typed: dict[str, list[str]], checked: bool) -> None:
    html = draw(
        "{{ ui.radio(form, 'visible', 'Ai xem', [('all', 'Mọi người'), ('no', 'Không')], value='all') }}",
        form=Form(typed),
    )
    assert ('value="all" checked' in html) is checked
    assert html.count("checked") == 1


def test_a_checkbox_remembers() -> None:
    source = "{{ ui.checkbox(form, 'news', 'Nhận tin', checked=stored) }}"
    assert "checked>" not in draw(source, form=Form(), stored=False)
    assert "checked>" in draw(source, form=Form(), stored=True)
    assert "checked>" in draw(source, form=Form({"news": ["1"]}), stored=False)


def test_the_summary_links_to_every_wrong_field() -> None:
    form = wrong()
    form.add_error("", i18n.N_("Please sign in first."))
    html = draw("{{ ui.error_summary(form, {'name': 'Tên'}) }}", form=form)
    assert re.findall(r"<li>(.*?)</li>", html) == [
        '<a href="#f-name">Tên: Nội dung quá dài: tối đa 5 ký tự.</a>',
        i18n.gettext("Please sign in first."),
    ]
    assert draw("{{ ui.error_summary(form) }}", form=Form()) == ""


def test_facets_show_what_is_chosen_and_fold_the_rest() -> None:
    options = [{"value": str(number), "label": f"Lĩnh vực {number}", "count": 1000 * number} for number in range(1, 5)]
    html = draw("{{ ui.facet('sector', 'Lĩnh vực', options, chosen, shown=2) }}", options=options, chosen=["4"])
    assert '<span class="count-dot">1</span>' in html
    assert "<summary>Thêm 2 mục</summary>" in html
    assert re.findall(r'value="(\d)" checked', html) == ["4"]
    assert re.findall(r'facet-count num">([\d.]+)<', html) == ["1.000", "2.000", "3.000", "4.000"]


def test_text_from_people_is_never_markup() -> None:
    evil = '"><img src=x onerror=alert(1)>'
    sources = [
        "{{ ui.badge(evil) }}{{ ui.chip(evil, href=evil) }}{{ ui.avatar(evil) }}{{ ui.avatar('a', src=evil) }}",
        "{% call ui.card(evil, evil, kicker=evil, meta=evil) %}{{ evil }}{% endcall %}{{ ui.meter(1, 2, evil) }}",
        "{{ ui.alert('info', evil, evil) }}{{ ui.empty(evil, evil, evil, evil) }}{{ ui.page_head(evil, evil, evil) }}",
        "{{ ui.stat(evil, evil, href=evil, hint=evil) }}{{ ui.definitions([(evil, evil)]) }}",
        "{{ ui.verdict('ok', evil, evil, evil) }}{{ ui.reason(evil, 1) }}{{ ui.thread(1, evil) }}",
        "{{ ui.timeline([{'title': evil, 'text': evil, 'at': evil, 'href': evil}]) }}{{ ui.copy(evil, evil, 'c') }}",
        "{{ ui.tabs([{'label': evil, 'href': evil}]) }}{{ ui.pagination(evil, evil, note=evil) }}",
        "{{ ui.breadcrumb([{'label': evil}]) }}{{ ui.filter_chips([{'label': evil, 'remove_url': evil}], evil) }}",
        "{{ ui.search(evil, value=evil, placeholder=evil) }}{{ ui.source_note(evil, evil) }}{{ ui.qr(evil, evil) }}",
        "{{ ui.button(evil, attrs={'hx-get': evil}) }}{{ ui.link_button(evil, evil) }}{{ ui.progress(1, 2, evil) }}",
        "{{ ui.facet('f', evil, [{'value': evil, 'label': evil}], [evil]) }}{{ ui.csrf(evil) }}",
    ]
    for source in sources:
        assert "<img src=x" not in draw(source, evil=evil), source


@pytest.mark.parametrize(
    ("value", "maximum", "kind"),
    [(0, 0, "ok"), (84, 100, "ok"), (85, 100, "high"), (100, 100, "full"), (120, 100, "full")],
)
def test_a_meter_tells_how_near_the_end_is(value: int, maximum: int, kind: str) -> None:
    assert f'class="meter meter-{kind}"' in draw("{{ ui.meter(v, m, 'Vé') }}", v=value, m=maximum)


@pytest.mark.parametrize(("score", "end"), [(-1, "12"), (0, "12"), (0.5, "60.0"), (1, "108"), (7, "108")])
def test_a_thread_is_as_long_as_the_score(score: float, end: str) -> None:
    ends = re.findall(r'x2="([\d.]+)"', draw("{{ ui.thread(score) }}", score=score))
    assert ends == ["108", str(float(end)) if "." in ends[1] else end]


def test_a_reason_says_for_whom_it_speaks() -> None:
    mine, theirs = (draw("{{ ui.reason('Cùng ngành', 0.5, who, 1) }}", who=who) for who in ("you", "them"))
    assert ("Với bạn:" in mine, "node-you" in mine, "node-them" in mine) == (True, True, False)
    assert ("Với họ:" in theirs, "node-you" in theirs, "node-them" in theirs) == (True, False, True)
    assert 'x2="29.0"' in mine


@pytest.mark.parametrize(
    ("kind", "sign", "shape"),
    [
        ("ok", "check", "<circle"),
        ("already", "clock", 'd="M60 3'),
        ("refused", "x", 'd="M38 4'),
        ("needs_input", "help", 'd="M14 6'),
        ("conflict", "alert", 'd="M14 6'),
    ],
)
def test_a_verdict_says_it_by_colour_shape_sign_and_words(kind: str, sign: str, shape: str) -> None:
    html = draw("{{ ui.verdict(kind, 'Lời', 'Chi tiết', 'Tên') }}", kind=kind)
    assert f'class="verdict verdict-{kind}"' in html
    assert shape in html
    assert f'#{sign}"' in html
    assert (
        '<p class="verdict-title">Lời</p><p class="verdict-name">Tên</p><p class="verdict-detail">Chi tiết</p>' in html
    )


def test_pages_of_a_list_link_only_where_there_are_more() -> None:
    assert draw("{{ ui.pagination() }}") == ""
    html = draw("{{ ui.pagination(next_url='/directory?after=x') }}")
    assert re.findall(r'rel="(\w+)" href="([^"]+)"', html) == [("next", "/directory?after=x")]


def test_money_and_dates_are_readable_and_exact_for_machines() -> None:
    at = datetime(2026, 11, 21, 2, 5, tzinfo=UTC)
    assert draw("{{ ui.money(500000, 'USD') }}") == (
        f'<data class="num" value="500000">{templating.format_money(500000, "USD")}</data>'
    )
    assert draw("{{ ui.money(none) }}") == '<span class="muted">–</span>'
    assert draw("{{ ui.date(at, time=true) }}", at=at) == (
        '<time class="num" datetime="2026-11-21T02:05:00+00:00">09:05, 21 thg 11, 2026</time>'
    )
    assert draw("{{ ui.date(none) }}") == '<span class="muted">–</span>'


def test_downloads_are_left_to_the_browser() -> None:
    html = draw("{{ ui.link_button('Tải vé', '/t/1.pdf', download=true) }}")
    assert html == '<a href="/t/1.pdf" class="btn btn-secondary" download hx-boost="false"><span>Tải vé</span></a>'


def test_the_same_name_has_the_same_colour_in_every_language() -> None:
    def colour(**more: Any) -> str:
        return draw("{{ ui.avatar('Vườn ươm Bách Khoa', **more) }}", more=more)

    with i18n.in_language("en"):
        english = colour()
    assert english == colour() == '<span class="avatar avatar-organisation avatar-c5" aria-hidden="true">VK</span>'
