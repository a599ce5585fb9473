"""Texts in templates: escaped as a page needs it, filled in, in the language of the reader."""

import pytest
from jinja2 import Environment

from app.core import templating
from app.core.i18n import in_language


@pytest.fixture
def env(settings: object) -> Environment:
    return templating.environment()


@pytest.mark.parametrize(
    ("source", "vi", "en"),
    [
        ("{{ _('Sign in') }}", "Đăng nhập", "Sign in"),
        ("{{ gettext('Sign in') }}", "Đăng nhập", "Sign in"),
        ("{% trans %}Sign in{% endtrans %}", "Đăng nhập", "Sign in"),
        ("{{ _('Raising: %(round)s', round='A & <b>') }}", "Gọi vốn: A &amp; &lt;b&gt;", "Raising: A &amp; &lt;b&gt;"),
        ("{{ _('Raising: %(round)s', round='<i>'|safe) }}", "Gọi vốn: <i>", "Raising: <i>"),
        ("{{ _('100%% <of> %(x)s', x=1) }}", "100% <of> 1", "100% <of> 1"),
        ("{{ _('100%%') }}", "100%", "100%"),
        (
            "{% set x = 1 %}{% block b %}{% set y = 2 %}{{ _('Sign in') }}{{ y }}{% endblock %}",
            "Đăng nhập2",
            "Sign in2",
        ),
    ],
)
def test_texts_are_markup_of_ours_with_foreign_parts_escaped(env: Environment, source: str, vi: str, en: str) -> None:
    template = env.from_string(source)

    assert template.render() == vi
    with in_language("en"):
        assert template.render() == en


def test_where_nothing_is_escaped_texts_are_plain(env: Environment) -> None:
    plain = env.overlay(autoescape=False).from_string("{{ _('Raising: %(round)s', round='A & <b>') }}")

    assert plain.render() == "Gọi vốn: A & <b>"
