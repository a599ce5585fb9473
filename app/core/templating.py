"""Jinja set up once: autoescape, strict names, the language of the request, and the components as `ui`."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Literal

from babel.dates import format_date as babel_date
from babel.dates import format_timedelta
from babel.numbers import format_compact_decimal, format_currency, format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app.assets import asset
from app.core import i18n
from app.core.clock import VIETNAM, now
from app.core.files.addresses import document_url, picture_url
from app.core.settings import get_settings
from app.core.text import initials


@cache
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(i18n.ROOT / "templates"),
        autoescape=_escaped,  # noqa: S701  off for plain-text mails only
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(i18n.gettext, i18n.counted, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(_=spoken, gettext=spoken)
    env.globals.update(
        pick=i18n.pick,
        asset=asset,
        format_date=format_date,
        format_datetime=format_datetime,
        format_number=format_number,
        format_compact=format_compact,
        format_money=format_money,
        timeago=timeago,
        initials=initials,
        picture_url=picture_url,
        document_url=document_url,
        get_locale=i18n.current_locale,
    )
    env.globals["demo"] = get_settings().demo
    env.globals["ui"] = env.get_template("ui.html").module
    return env


def _escaped(name: str | None) -> bool:
    """Everything is escaped but the plain-text half of mails, which is no HTML."""
    return not (name or "").endswith(".txt")


@pass_eval_context
def spoken(eval_ctx: EvalContext, msgid: str, /, **params: object) -> str:
    """The text of `msgid` as Jinja's own gettext gives it: markup where the template escapes, `params` filled in.

    A page says some forty texts. Jinja's way through the context costs twice as much as everything else that a text
    needs, so the context is left out.
    """
    text: str = i18n.gettext(msgid)
    if eval_ctx.autoescape:
        text = _trusted(text)
    return text % params if "%" in text else text


@lru_cache(4096)
def _trusted(text: str) -> Markup:
    return Markup(text)  # noqa: S704  catalogues are ours


def render(template: str, context: Mapping[str, Any], block: str | None = None) -> str:
    """A whole template, or one named block of it, as text."""
    found = environment().get_template(template)
    if block is None:
        return found.render(context)
    return "".join(found.blocks[block](found.new_context(dict(context))))


def has_block(template: str, block: str) -> bool:
    return block in environment().get_template(template).blocks


def format_date(value: date | datetime | None, style: str = "medium") -> str:
    """A day as people in the current language write it, in Vietnam's time zone."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(VIETNAM).date()
    return babel_date(value, format="dd/MM/yyyy" if style == "short" else style, locale=i18n.current_locale())


def format_datetime(value: datetime | None, style: str = "medium") -> str:
    """A moment in Vietnam's time, e.g. 09:05, 21 thg 11, 2026."""
    if value is None:
        return ""
    local = value.astimezone(VIETNAM)
    if style == "time":
        return f"{local:%H:%M}"
    if style == "seconds":
        return f"{local:%H:%M:%S}"
    return f"{local:%H:%M}, {babel_date(local.date(), format=style, locale=i18n.current_locale())}"


def format_number(value: float | Decimal | None) -> str:
    return "" if value is None else _decimal(value, i18n.current_locale())


def format_compact(value: float | Decimal | None, style: Literal["short", "long"] = "short") -> str:
    """A large number in short: 17,7 N / 18K; "long" writes the unit out: 17,7 nghìn / 17.7 thousand."""
    if value is None:
        return ""
    return _compact(value, style, i18n.current_locale())


def format_money(value: float | Decimal | None, currency: str) -> str:
    """An amount without cents: nobody invests those."""
    if value is None:
        return ""
    locale = i18n.current_locale()
    pattern = "#,##0 ¤" if locale == "vi" else "¤#,##0"
    return format_currency(value, currency, format=pattern, locale=locale, currency_digits=False)


def timeago(value: datetime | None) -> str:
    """How long ago, or in how long, roughly: "3 ngày trước"."""
    if value is None:
        return ""
    return format_timedelta(value - now(), add_direction=True, locale=i18n.current_locale())


# A page of suggestions writes a few hundred numbers, most of them again and again; Babel takes its time for each.


@lru_cache(4096)
def _decimal(value: float | Decimal, locale: str) -> str:
    return format_decimal(value, locale=locale)


@lru_cache(4096)
def _compact(value: float | Decimal, style: Literal["short", "long"], locale: str) -> str:
    return format_compact_decimal(value, format_type=style, locale=locale, fraction_digits=1)
