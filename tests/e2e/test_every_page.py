"""Every page of the running demo, looked at as people would: errors, accessibility, width, weight, speed of layout."""

import gzip
import re
import time
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from app.core.i18n import ROOT
from scripts.running import House
from tests.e2e.conftest import AXE, axe, reading

RICE = "lua-thong-minh-song-hong"
ODD = "khong-co-lien-ket-nay"
NOBODY = "00000000-0000-7000-8000-000000000000"
NOBODYS = "00000000-0000-0000-0000-000000000001"

PAGES: dict[str, tuple[tuple[str, str], ...]] = {
    "/": (("", "/"), ("startup", "/"), ("mentor", "/")),
    "/about": (("", "/about"),),
    "/design": (("", "/design"),),
    "/demo/mail": (("", "/demo/mail"),),
    "/demo/mail/{mail_id:uuid}": (("", "{mail}"),),
    "/sign-up": (("", "/sign-up"), ("", "/sign-up?as=mentor")),
    "/sign-up/sent": (("", "/sign-up/sent"),),
    "/confirm/{token:str}": (("", f"/confirm/{ODD}"),),
    "/sign-in": (("", "/sign-in?next=/suggestions"),),
    "/sign-in/code": (("", "/sign-in/code"),),
    "/sign-out": (("startup", "/sign-out"),),
    "/reset": (("", "/reset"),),
    "/reset/sent": (("", "/reset/sent"),),
    "/reset/{token:str}": (("", f"/reset/{ODD}"),),
    "/account": (("startup", "/account"), ("admin", "/account"), ("mentor", "/account")),
    "/account/profile": (("startup", "/account/profile"), ("mentor", "/account/profile")),
    "/account/profile/preview": (("mentor", "/account/profile/preview?as=members"),),
    "/account/profile/history": (("mentor", "/account/profile/history"),),
    "/account/profile/proposal": (("mentor", "/account/profile/proposal"),),
    "/account/profile/conflicts": (("mentor", "/account/profile/conflicts?q=song"),),
    "/account/password": (("startup", "/account/password"),),
    "/account/email": (("startup", "/account/email"),),
    "/account/end": (("startup", "/account/end"),),
    "/account/confirm": (("startup", "/account/confirm"),),
    "/account/sessions": (("startup", "/account/sessions"),),
    "/account/tokens": (("startup", "/account/tokens"),),
    "/account/data": (("startup", "/account/data"),),
    "/account/data/seen": (("startup", "/account/data/seen"), ("mentor", "/account/data/seen")),
    "/account/data/export": (("startup", "/account/data/export"),),
    "/account/data/erase": (("startup", "/account/data/erase"), ("mentor", "/account/data/erase")),
    "/staff/requests": (("admin", "/staff/requests"), ("admin", "/staff/requests?only=closed")),
    "/staff/requests/{number:uuid}": (("admin", "{request}"),),
    "/account/two-step": (("admin", "/account/two-step"),),
    "/staff": (("admin", "/staff"), ("organizer", "/staff"), ("checkin", "/staff"), ("startup", "/staff")),
    "/staff/people": (("admin", "/staff/people"), ("admin", "/staff/people?q=zzzz")),
    "/staff/people/{person_id:uuid}": (("admin", "{person}"),),
    "/staff/imports": (("admin", "/staff/imports"),),
    "/staff/imports/{run:uuid}": (("admin", "{import}"), ("admin", "{import}?fate=faulty")),
    "/exports": (("startup", "/exports?kind=investor"),),
    "/exports/{run:uuid}": (("admin", "{export}"),),
    "/staff/engine": (("admin", "/staff/engine"),),
    "/directory": (
        ("", "/directory"),
        ("", "/directory?q=nguyen&kind=startup"),
        ("", "/directory?q=zzzzzzzzzz"),
        ("", "/directory?view=map"),
        ("startup", "/directory?region=VN-01&view=map"),
        ("investor", "/directory?kind=startup"),
    ),
    "/compare": (("", "/compare"), ("startup", f"/compare?o={RICE}&o=sequoia-capital&q=capital")),
    "/search": (
        ("", "/search"),
        ("", "/search?q=robot"),
        ("startup", "/search?q=zzzzqqq"),
        ("", "/search?q=qu%E1%BB%B9&kind=event"),
    ),
    "/saved": (("startup", "/saved"),),
    "/saved/new": (("startup", "/saved/new?path=/directory&query=kind%3Dinvestor"),),
    "/saved/mails/{person_id:uuid}/{token:str}": (("", f"/saved/mails/{NOBODY}/{ODD}"),),
    "/organisations/{slug:str}": (("", "/organisations/sequoia-capital"), ("startup", f"/organisations/{RICE}")),
    "/organisations/{slug:str}/history": (("startup", f"/organisations/{RICE}/history"),),
    "/organisations": (("startup", "/organisations"), ("mentor", "/organisations"), ("admin", "/organisations")),
    "/organisations/new": (("startup", "/organisations/new"),),
    "/organisations/{slug:str}/visibility": (("startup", f"/organisations/{RICE}/visibility"),),
    "/organisations/{slug:str}/edit/lists/{collection:str}": (
        ("startup", f"/organisations/{RICE}/edit/lists/need_offer"),
        ("startup", f"/organisations/{RICE}/edit/lists/address"),
    ),
    "/organisations/{slug:str}/edit/lists/{collection:str}/{row_id:uuid}": (
        ("startup", f"/organisations/{RICE}/edit/lists/need_offer/{NOBODYS}"),
    ),
    "/organisations/{slug:str}/edit": (("startup", f"/organisations/{RICE}/edit"),),
    "/organisations/{slug:str}/ask": (("investor", f"/organisations/{RICE}/ask"),),
    "/organisations/{slug:str}/requests": (("startup", f"/organisations/{RICE}/requests"),),
    "/organisations/{slug:str}/members": (("startup", f"/organisations/{RICE}/members"),),
    "/organisations/invitations/{token:str}": (("startup", f"/organisations/invitations/{ODD}"),),
    "/organisations/{slug:str}/claim": (
        ("startup", "/organisations/sequoia-capital/claim"),
        ("mentor", f"/organisations/{RICE}/claim"),
    ),
    "/organisations/{slug:str}/transfer": (("startup", f"/organisations/{RICE}/transfer"),),
    "/organisations/{slug:str}/report": (("", "/organisations/sequoia-capital/report"),),
    "/claims": (("startup", "/claims"),),
    "/claims/{token:str}": (("startup", f"/claims/{ODD}"),),
    "/transfers/{token:str}": (("startup", f"/transfers/{ODD}"),),
    "/staff/claims": (("admin", "/staff/claims"), ("startup", "/staff/claims")),
    "/staff/claims/{claim_id:uuid}": (("admin", f"/staff/claims/{NOBODYS}"),),
    "/staff/duplicates": (("admin", "/staff/duplicates"),),
    "/staff/merge/{kept:uuid}/{merged:uuid}": (("admin", f"/staff/merge/{NOBODYS}/{NOBODYS}"),),
    "/staff/merges": (("admin", "/staff/merges"),),
    "/staff/profiles": (("admin", "/staff/profiles"), ("admin", "/staff/profiles?show=hidden")),
    "/staff/profiles/{organisation:uuid}": (("admin", f"/staff/profiles/{NOBODYS}"),),
    "/staff/reports": (("admin", "/staff/reports"),),
    "/terms/suggest": (("startup", "/terms/suggest?vocabulary=technologies"),),
    "/staff/terms": (("admin", "/staff/terms"),),
    "/staff/terms/{vocabulary:str}": (("admin", "/staff/terms/sectors"), ("admin", "/staff/terms/nothing")),
    "/organisations/{slug:str}/credentials": (
        ("", f"/organisations/{RICE}/credentials"),
        ("startup", f"/organisations/{RICE}/credentials"),
        ("", "/organisations/sequoia-capital/credentials"),
    ),
    "/organisations/{slug:str}/credentials/new": (("startup", f"/organisations/{RICE}/credentials/new"),),
    "/organisations/{slug:str}/credentials/{credential:uuid}/edit": (
        ("startup", f"/organisations/{RICE}/credentials/{NOBODYS}/edit"),
    ),
    "/account/credentials": (("startup", "/account/credentials"), ("mentor", "/account/credentials")),
    "/account/credentials/new": (("mentor", "/account/credentials/new"),),
    "/account/credentials/{credential:uuid}/edit": (("mentor", f"/account/credentials/{NOBODYS}/edit"),),
    "/staff/credentials": (
        ("admin", "/staff/credentials"),
        ("admin", "/staff/credentials?show=soon"),
        ("admin", "/staff/credentials?on=2025-12-31"),
    ),
    "/staff/credentials/{credential:uuid}": (("admin", "{credential}"),),
    "/staff/credentials/new": (("admin", "/staff/credentials/new"),),
    "/staff/credentials/rows": (("admin", "/staff/credentials/rows?on=2025-12-31&fate=valid"),),
    "/people/{slug:str}": (("", "/people/co-van-mau"), ("startup", "/people/le-quang-minh"), ("", f"/people/{ODD}")),
    "/mentors": (
        ("", "/mentors"),
        ("", "/mentors?expertise=sales&room=yes"),
        ("startup", "/mentors?q=zzzzzz&mode=online"),
    ),
    "/mentors/conduct": (("", "/mentors/conduct"),),
    "/mentoring": tuple((who, "/mentoring") for who in ("startup", "mentor", "organizer")),
    "/mentoring/find": (("startup", "/mentoring/find"), ("startup", "/mentoring/find?language=ja&soon=3")),
    "/mentoring/mentors/{slug:str}": (
        ("startup", "/mentoring/mentors/co-van-mau?zone=Europe/Berlin"),
        ("mentor", "/mentoring/mentors/co-van-mau"),
    ),
    "/mentoring/hours": (("mentor", "/mentoring/hours"), ("startup", "/mentoring/hours")),
    "/mentoring/use": (("mentor", "/mentoring/use"), ("startup", "/mentoring/use")),
    "/mentoring/calendar": (("startup", "/mentoring/calendar"),),
    "/mentoring/sessions/{number:uuid}": (("startup", f"/mentoring/sessions/{NOBODYS}"),),
    "/mentoring/goals": (("startup", "/mentoring/goals"), ("organizer", "/mentoring/goals")),
    "/mentoring/goals/{number:uuid}": (("startup", f"/mentoring/goals/{NOBODYS}"),),
    "/mentoring/programmes": (("organizer", "/mentoring/programmes"), ("startup", "/mentoring/programmes")),
    "/mentoring/programmes/{number:uuid}": (("organizer", f"/mentoring/programmes/{NOBODYS}"),),
    "/mentoring/strikes": (("startup", "/mentoring/strikes"),),
    "/staff/mentoring": (("admin", "/staff/mentoring"),),
    "/staff/mentors": (("admin", "/staff/mentors"), ("admin", "/staff/mentors?show=checked")),
    "/suggestions": tuple((who, "/suggestions") for who in ("startup", "investor", "mentor", "organizer")),
    "/deals": (("investor", "/deals"), ("startup", "/deals"), ("mentor", "/deals")),
    "/deals/{pipeline:uuid}": (
        ("investor", "{deals}"),
        ("investor", "{deals}?view=table&fit=fair"),
        ("investor", "{deals}?q=zzzzzz"),
        ("startup", f"/deals/{NOBODYS}"),
    ),
    "/deals/{pipeline:uuid}/changes": (("investor", "{deals}/changes"),),
    "/deals/{pipeline:uuid}/settings": (("investor", "{deals}/settings"),),
    "/deals/{pipeline:uuid}/stages/{stage:uuid}": (("investor", f"{{deals}}/stages/{NOBODYS}"),),
    "/deals/{pipeline:uuid}/cards/{card:uuid}": (("investor", "{deal_card}"),),
    "/deals/{pipeline:uuid}/cards/{card:uuid}/pass": (("investor", "{deal_card}/pass"),),
    "/deals/{pipeline:uuid}/cards/{card:uuid}/gone": (("investor", f"{{deals}}/cards/{NOBODYS}/gone"),),
    "/deals/add/{slug:str}": (("investor", f"/deals/add/{RICE}"), ("startup", "/deals/add/sequoia-capital")),
    "/organisations/{slug:str}/answers": (
        ("startup", f"/organisations/{RICE}/answers"),
        ("investor", f"/organisations/{RICE}/answers"),
    ),
    "/organisations/{slug:str}/decks": (("startup", f"/organisations/{RICE}/decks"), ("investor", "{fund}/decks")),
    "/decks/{deck:uuid}": (("startup", "{deck}"), ("investor", f"/decks/{NOBODYS}")),
    "/shown/{link:uuid}/{token:str}": (
        ("investor", "{shown_deck}"),
        ("startup", "{sent_deck}"),
        ("", f"/shown/{NOBODYS}/{ODD}"),
    ),
    "/suggestions/{slug:str}/use": (("startup", f"/suggestions/{RICE}/use"),),
    "/suggestions/{slug:str}/mails": (("startup", f"/suggestions/{RICE}/mails"),),
    "/suggestions/{slug:str}/others": (("startup", f"/suggestions/{RICE}/others"),),
    "/introductions": (
        ("startup", "/introductions"),
        ("investor", "/introductions?box=connections"),
        ("mentor", "/introductions?box=past"),
    ),
    "/introductions/settings": (("startup", "/introductions/settings"),),
    "/introductions/propose": (("mentor", "/introductions/propose"), ("organizer", "/introductions/propose")),
    "/introductions/{introduction_id:uuid}": (("startup", "{introduction}"), ("investor", "{introduction}")),
    "/introductions/{introduction_id:uuid}/report": (("startup", "{introduction}/report"),),
    "/introductions/{introduction_id:uuid}/outcome": (("startup", "{introduction}/outcome"),),
    "/introductions/follow-up/{followup_id:uuid}/{person_id:uuid}/{token:str}": (
        ("", f"/introductions/follow-up/{NOBODY}/{NOBODY}/{ODD}"),
    ),
    "/introductions/mails/{person_id:uuid}/{token:str}": (("", f"/introductions/mails/{NOBODY}/{ODD}"),),
    "/organisations/{slug:str}/introduce": (
        ("startup", "/organisations/sequoia-capital/introduce"),
        ("investor", f"/organisations/{RICE}/introduce"),
    ),
    "/organisations/{slug:str}/introductions": (("startup", f"/organisations/{RICE}/introductions"),),
    "/staff/introductions": (("organizer", "/staff/introductions"), ("admin", "/staff/introductions")),
    "/staff/introductions/reports/{report_id:uuid}": (("admin", f"/staff/introductions/reports/{NOBODYS}"),),
    "/events": (("", "/events"), ("organizer", "/events")),
    "/events/{slug:str}": (("", "{event}"), ("organizer", "{event}"), ("checkin", "{event}")),
    "/events/{slug:str}/register": (("", "{event}/register"), ("mentor", "{event}/register")),
    "/events/{slug:str}/registered": (("", "{event}/registered"),),
    "/tickets/{secret:str}": (("", "{ticket}"), ("", f"/tickets/{ODD}")),
    "/events/manage": (("organizer", "/events/manage"), ("checkin", "/events/manage")),
    "/events/new": (("organizer", "/events/new"), ("checkin", "/events/new")),
    "/events/{slug:str}/edit": (("organizer", "{event}/edit"),),
    "/events/{slug:str}/setup": (("organizer", "{event}/setup"),),
    "/events/{slug:str}/guests": (
        ("organizer", "{event}/guests"),
        ("organizer", "{event}/guests?q=nguyen&came=no&columns=type&columns=email&columns=status"),
    ),
    "/events/{slug:str}/guests/{registration:uuid}": (("organizer", f"{{event}}/guests/{NOBODYS}"),),
    "/events/{slug:str}/guests/acts": (("organizer", "{event}/guests/acts"),),
    "/events/{slug:str}/guests/acts/{number:uuid}": (("organizer", f"{{event}}/guests/acts/{NOBODYS}"),),
    "/events/{slug:str}/guests/files/{number:uuid}": (("organizer", f"{{event}}/guests/files/{NOBODYS}"),),
    "/events/{slug:str}/messages": (("organizer", "{event}/messages?status=confirmed"),),
    "/events/{slug:str}/messages/{number:uuid}": (("organizer", f"{{event}}/messages/{NOBODYS}"),),
    "/tickets/{secret:str}/no-news": (("", "{ticket}/no-news"),),
    "/certificates/{code:str}": (("", f"/certificates/{ODD}"),),
    "/events/{slug:str}/form": (("organizer", "{event}/form"),),
    "/events/{slug:str}/form/preview": (("organizer", "{event}/form/preview"),),
    "/tickets/{secret:str}/answers": (("", "{ticket}/answers"),),
    "/events/{slug:str}/figures": (("organizer", "{event}/figures"),),
    "/events/{slug:str}/leads": (("organizer", "{event}/leads"), ("startup", "{event}/leads")),
    "/events/{slug:str}/leads/{exhibitor:uuid}": (("startup", "{event}/leads/" + NOBODYS),),
    "/tickets/{secret:str}/leads": (("", "{ticket}/leads"),),
    "/events/{slug:str}/command": (("organizer", "{event}/command"), ("organizer", "{event}/command?wall=1")),
    "/events/{slug:str}/statistics": (("", "{event}/statistics"),),
    "/events/{slug:str}/report": (("organizer", "{event}/report"),),
    "/events/{slug:str}/badges": (("organizer", "{event}/badges"),),
    "/events/{slug:str}/badges/log": (("organizer", "{event}/badges/log"),),
    "/events/{slug:str}/badges/files/{number:uuid}": (("organizer", f"{{event}}/badges/files/{NOBODY}"),),
    "/events/{slug:str}/badges/of/{registration:uuid}": (("organizer", f"{{event}}/badges/of/{NOBODY}"),),
    "/door": (("", "/door"), ("checkin", "/door")),
    "/events/{slug:str}/agenda": (("", "{event}/agenda"), ("organizer", "{event}/agenda?view=grid")),
    "/events/{slug:str}/agenda/changes": (("", "{event}/agenda/changes"),),
    "/events/{slug:str}/agenda/mine": (("startup", "{event}/agenda/mine"),),
    "/events/{slug:str}/agenda/plan": (("organizer", "{event}/agenda/plan"),),
    "/events/{slug:str}/agenda/plan/new": (("organizer", "{event}/agenda/plan/new"),),
    "/events/{slug:str}/agenda/plan/{session:uuid}": (("organizer", f"{{event}}/agenda/plan/{NOBODYS}"),),
    "/events/{slug:str}/agenda/speakers": (("organizer", "{event}/agenda/speakers"),),
    "/events/{slug:str}/agenda/speakers/{speaker:uuid}": (("organizer", f"{{event}}/agenda/speakers/{NOBODYS}"),),
    "/events/{slug:str}/agenda/import": (("organizer", "{event}/agenda/import"),),
    "/events/{slug:str}/agenda/import/{number:uuid}": (("organizer", f"{{event}}/agenda/import/{NOBODYS}"),),
    "/events/{slug:str}/sessions/{session:str}": (("", "{event}/sessions/khai-mac-ngay-hoi"),),
    "/events/{slug:str}/speakers/{speaker:str}": (("", "{event}/speakers/dien-gia-mau-1"),),
    "/tickets/{secret:str}/agenda": (("", "{ticket}/agenda"),),
    "/events/{slug:str}/exhibitors": (("", "{event}/exhibitors"), ("", "{event}/exhibitors?q=zzzz")),
    "/events/{slug:str}/villages": (("", "{event}/villages"),),
    "/events/{slug:str}/villages/{village:str}": (("", "{event}/villages/lang-tri-tue-nhan-tao"),),
    "/events/{slug:str}/villages/{village:str}/run": (("organizer", "{event}/villages/lang-tri-tue-nhan-tao/run"),),
    "/events/{slug:str}/exhibit": (("startup", "{event}/exhibit"),),
    "/events/{slug:str}/exhibit/{exhibitor:uuid}": (("startup", f"{{event}}/exhibit/{NOBODYS}"),),
    "/events/{slug:str}/ground": (("organizer", "{event}/ground"),),
    "/events/{slug:str}/ground/exhibitors": (("organizer", "{event}/ground/exhibitors"),),
    "/events/{slug:str}/ground/booths": (("organizer", "{event}/ground/booths"),),
    "/events/{slug:str}/copy": (("organizer", "{event}/copy"),),
    "/events/new/from": (("organizer", "/events/new/from"),),
    "/events/new/from/{template:str}": (("organizer", "/events/new/from/techfest"),),
    "/events/{slug:str}/places": (("organizer", "{event}/places"),),
    "/events/{slug:str}/invitations": (("organizer", "{event}/invitations"),),
    "/events/{slug:str}/payments": (("organizer", "{event}/payments"),),
    "/events/{slug:str}/delegations": (("organizer", "{event}/delegations"),),
    "/events/{slug:str}/delegation": (("", "{event}/delegation"), ("mentor", "{event}/delegation")),
    "/events/{slug:str}/delegation/begun": (("", "{event}/delegation/begun"),),
    "/delegations/{secret:str}": (("organizer", "{delegation}"),),
    "/tickets/{secret:str}/edit": (("", "{ticket}/edit"),),
    "/events/{slug:str}/desk": (("checkin", "{event}/desk"), ("organizer", "{event}/desk")),
    "/events/{slug:str}/doors": (("organizer", "{event}/doors"),),
    "/events/{slug:str}/doors/{checkpoint:uuid}": (("organizer", "{door}"),),
    "/events/{slug:str}/doors/place/{zone:uuid}": (("organizer", "{place}"),),
    "/events/{slug:str}/flags": (("organizer", "{event}/flags"), ("organizer", "{event}/flags?q=nguyen")),
    "/events/{slug:str}/flags/{registration:uuid}": (("organizer", "{flag}"),),
    "/events/{slug:str}/devices": (("organizer", "{event}/devices"), ("checkin", "{event}/devices")),
    "/events/{slug:str}/devices/{device:uuid}": (("organizer", "{device}"),),
    "/events/{slug:str}/cases": (("organizer", "{event}/cases"), ("organizer", "{event}/cases?show=decided")),
}
"""Every page of every subject, as somebody who would open it, and how it looks when it says no."""

NO_PAGES = {
    "/healthz",
    "/mentoring/mentors/{slug:str}/panel",
    "/mentoring/calendar/{name:str}",
    "/mentoring/sessions/{number:uuid}/session.ics",
    "/mentoring/programmes/{number:uuid}/overview.csv",
    "/readyz",
    "/metrics",
    "/demo/mail/{mail_id:uuid}/{place:int}",
    "/organisations/{slug:str}/portfolio",
    "/organisations/alike",
    "/organisations/{slug:str}/suggestions-panel",
    "/organisations/{slug:str}/introduce-button",
    "/introductions/count",
    "/introductions/{introduction_id:uuid}/meetings/{meeting_id:uuid}/meeting.ics",
    "/events/{slug:str}/whom-to-meet",
    "/deals/add",
    "/deals/{pipeline:uuid}/export/{form:str}",
    "/decks/{deck:uuid}/pages/{number:int}",
    "/shown/{link:uuid}/{token:str}/pages/{number:int}",
    "/places/wards",
    "/search/suggestions",
    "/robots.txt",
    "/sitemap.xml",
    "/sitemaps/{name:str}",
    "/pictures/site.png",
    "/pictures/organisations/{name:str}",
    "/pictures/events/{name:str}",
    "/pictures/people/{name:str}",
    "/search/feed",
    "/directory/feed",
    "/events/feed",
    "/saved/{saved_id:uuid}",
    "/saved/{saved_id:uuid}/feed/{token:str}",
    "/files/{file_id:uuid}/{variant:str}",
    "/tickets/{secret:str}/qr.svg",
    "/tickets/{secret:str}/pay.svg",
    "/tickets/{secret:str}/ticket.pdf",
    "/tickets/{secret:str}/event.ics",
    "/events/{slug:str}/guests.csv",
    "/events/{slug:str}/guests/files/{number:uuid}/table",
    "/certificates/{code:str}/certificate.pdf",
    "/tickets/{secret:str}/ticket.png",
    "/events/{slug:str}/badges/preview.png",
    "/events/{slug:str}/figures/{name:str}",
    "/events/{slug:str}/leads/{exhibitor:uuid}/files/{name:str}",
    "/events/{slug:str}/report.pdf",
    "/events/{slug:str}/badges/files/{number:uuid}/badges.pdf",
    "/events/{slug:str}/badges/prints/{number:str}",
    "/account/data/export/{number:uuid}",
    "/staff/imports/empty",
    "/staff/credentials/figures.csv",
    "/staff/credentials/rows.csv",
    "/staff/imports/{run:uuid}/faults/{form:str}",
    "/exports/{run:uuid}/file",
    "/organisations/{slug:str}/export/{form:str}",
    "/events/{slug:str}/agenda.ics",
    "/events/{slug:str}/agenda/schedule.json",
    "/events/{slug:str}/agenda/schedule.xml",
    "/tickets/{secret:str}/agenda.ics",
    "/events/{slug:str}/desk/count",
    "/door/sw.js",
    "/door/reader.js",
    "/door/manifest.webmanifest",
    "/door/files/{asked:str}/{name:str}",
}
"""Files, figures and parts that only ever stand inside a page."""

WHO = ("", "startup", "investor", "mentor", "organizer", "checkin", "admin")


def _routes() -> Iterator[str]:
    from app.main import create_litestar

    for route in create_litestar().routes:
        methods = {name for handler in getattr(route, "route_handlers", ()) for name in handler.http_methods}
        if "GET" in methods and not route.path.startswith(("/api/", "/static")) and route.path != "/api/v1":
            yield route.path


def test_every_page_is_in_the_list(settings: Any) -> None:
    """Whoever adds a page adds it here, and it is looked at in both languages from then on."""
    routes = set(_routes())
    assert sorted(routes - set(PAGES) - NO_PAGES) == [], "not looked at yet: add them to PAGES or NO_PAGES"
    assert sorted((set(PAGES) | NO_PAGES) - routes) == [], "gone: take them out"


def test_everybody_of_the_demo_opens_something() -> None:
    from app.launch.console import DEMO_ACCOUNTS

    assert {who for pages in PAGES.values() for who, _path in pages} == {"", *DEMO_ACCOUNTS} == set(WHO)


@pytest.fixture(scope="module")
def known(house: House) -> dict[str, str]:
    """Addresses that only the running demo knows: an event that takes registrations, a guest's ticket and its mail."""

    def read(path: str, **form: str) -> str:
        data = urllib.parse.urlencode(form).encode() if form else None
        asked = urllib.request.Request(house.url + path, data, {"Origin": house.url})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return str(answer.read().decode())

    events = dict.fromkeys(re.findall(r'href="(/events/[a-z0-9-]+)"', read("/events")))
    event = next(path for path in events if f'href="{path}/register' in read(path))
    kind = re.search(r'name="ticket_type"[^>]*value="([^"]+)"', read(f"{event}/register"))
    assert kind is not None
    guest = {"full_name": "Nguyễn Thị Khánh Vân", "email": "khanh.van@example.com", "terms": "1"}
    read(f"{event}/register", ticket_type=kind[1], **guest)
    lead = {"name": "Đoàn đại biểu tỉnh Thừa Thiên – Huế", "lead_name": guest["full_name"], "terms": "1"}
    read(f"{event}/delegation", lead_email=guest["email"], **lead)
    found = {"event": event}
    until = time.monotonic() + 40
    while time.monotonic() < until:
        for mail in list(dict.fromkeys(re.findall(r'href="(/demo/mail/[0-9a-f-]{36})"', read("/demo/mail"))))[:10]:
            text = read(mail)
            ticket = re.search(r'href="http://[^"/]+(/tickets/[^"/]+)"', text)
            delegation = re.search(r'href="http://[^"/]+(/delegations/[^"/]+)"', text)
            if ticket and guest["email"] in text:
                found |= {"mail": mail, "ticket": ticket[1]}
            if delegation:
                found["delegation"] = delegation[1]
            if len(found) == len(("event", "mail", "ticket", "delegation")):
                return found
        time.sleep(0.5)
    raise AssertionError("the guest got no mail with a ticket")


def _filled(path: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", value)
    return path


_LOOK = """() => ({
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  headings: document.querySelectorAll('h1').length,
  title: document.title,
  language: document.documentElement.lang,
  unnamed: [...document.querySelectorAll('a, button, input:not([type=hidden])')].filter(e => e.tabIndex >= 0 &&
    e.getClientRects().length && !e.labels?.length && !e.textContent.trim() && !e.getAttribute('aria-label') &&
    !e.title && !e.value && !e.querySelector('[alt]')).map(e => e.outerHTML.slice(0, 120)),
})"""


async def _look(visitor: Any, path: str, language: str) -> list[str]:
    """What is wrong with one page, in words."""
    page = await visitor.go_on(path)
    seen = await page.evaluate(_LOOK)
    wrong = [f"{path}: {complaint}" for complaint in visitor.complaints if not _REFUSED.search(complaint)]
    visitor.complaints.clear()
    if seen["wide"] > 0:
        wrong.append(f"{path}: {seen['wide']} px wider than the screen")
    if seen["headings"] != 1:
        wrong.append(f"{path}: {seen['headings']} main headings")
    if not seen["title"].endswith("Kết Nối") or seen["language"] != language:
        wrong.append(f"{path}: title {seen['title']!r}, language {seen['language']!r}")
    wrong += [f"{path}: no name: {element}" for element in seen["unnamed"]]
    # what is dark has other colours and nothing else, and they are the same on all pages: a third of them is looked at
    dark = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    if not dark or zlib.crc32(path.encode()) % 3 == 0:
        wrong += [f"{path}: {issue}" for issue in await axe(page, *(["color-contrast"] if dark else []))]
    return wrong


async def _deals_of(visitor: Any, who: str) -> dict[str, str]:
    """Addresses of deal flow that only its people find: a board and a card of the investor, decks of the startup."""

    async def first(path: str, links: str) -> str:
        page = await visitor.open(path)
        found = await page.locator(links).first.get_attribute("href")
        await page.close()
        return urllib.parse.urlsplit(found or "").path

    if who == "investor":
        board = await first("/deals", "main .card-title a")
        fund = await first("/organisations", "main a[href^='/organisations/']:not([href$='/new'])")
        card, shown = await first(board, ".board-name a"), await first(f"{fund}/decks", "main a[href^='/shown/']")
        return {"deals": board, "deal_card": card, "fund": fund, "shown_deck": shown}
    if who == "startup":
        deck = await first(f"/organisations/{RICE}/decks", "main .card-title a:text('(mẫu)')")
        page = await visitor.open(deck)
        sent = await page.locator("main .copy input").first.input_value()
        await page.close()
        return {"deck": deck, "sent_deck": urllib.parse.urlsplit(sent).path}
    return {}


_REFUSED = re.compile(r"status of 4\d\d")


_LIST = """Tên,Loại,Trang web
Hợp tác xã Mây Tre Đan Xuất khẩu và Du lịch Làng nghề Truyền thống Phú Vinh,doanh nghiệp khởi nghiệp,mtd.example
Trà Sen,cá,khong phai dia chi
Quỹ Trúc,nhà đầu tư,
"""


async def _a_list_comes_in(visitor: Any) -> str:
    """A list is sent as a moderator would; the address of its rows, once they are judged."""
    page = await visitor.open("/staff/imports")
    await page.set_input_files("#f-file", {"name": "danh sách.csv", "mimeType": "text/csv", "buffer": _LIST.encode()})
    await page.click("main form[enctype] button[type=submit]")
    await page.locator("#rows").wait_for(timeout=100_000)  # a fresh demo's worker has much to do
    address = urllib.parse.urlsplit(page.url).path
    await page.close()
    return address


async def _a_list_goes_out(visitor: Any) -> str:
    page = await visitor.open("/exports?q=nguyen")
    await page.click("main form button[type=submit]")
    await page.locator("main a[download]").first.wait_for(timeout=100_000)
    address = urllib.parse.urlsplit(page.url).path
    await page.close()
    return address


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("width", "language", "scheme"), [(390, "vi", "light"), (1280, "en", "dark")])
@pytest.mark.parametrize("who", WHO, ids=lambda who: who or "nobody")
async def test_every_page_for_everybody(
    visit: Any, known: dict[str, str], who: str, width: int, language: str, scheme: str
) -> None:
    visitor = await visit(width, locale="vi-VN" if language == "vi" else "en-GB", color_scheme=scheme)
    await visitor.context.add_init_script(AXE)  # once for all pages: half a megabyte on its way to each costs more
    paths = [path for pages in PAGES.values() for somebody, path in pages if somebody == who]
    if not who:
        await _look_at_all(visitor, [*paths, "/nowhere"], known, language)
        return
    async with reading(await visitor.sign_in(who), language):
        await _look_at_all(visitor, paths, {**known, **await _own(visitor, who, known["event"])}, language)


async def _look_at_all(visitor: Any, paths: list[str], known: dict[str, str], language: str) -> None:
    assert [line for path in paths for line in await _look(visitor, _filled(path, known), language)] == []


async def _own(visitor: Any, who: str, event: str) -> dict[str, str]:
    """Addresses that only this account finds."""

    async def first(path: str, links: str) -> str:
        page = await visitor.open(path)
        found = await page.locator(links).first.get_attribute("href")
        await page.close()
        return found or ""

    own = await _deals_of(visitor, who)
    if who in ("startup", "investor"):
        own["introduction"] = await first("/introductions?box=connections", "main li a[href^='/introductions/']")
    if who == "organizer":
        own |= await _doors_of(visitor, event)
    if who == "admin":
        own |= {"import": await _a_list_comes_in(visitor), "export": await _a_list_goes_out(visitor)}
        own["person"] = await first("/staff/people", "main a[href^='/staff/people/']")
        own["credential"] = await first("/staff/credentials?show=valid", "a[data-queue-item]")
        own["request"] = await first("/staff/requests", "main a[href^='/staff/requests/']")
    return own


async def _doors_of(visitor: Any, event: str) -> dict[str, str]:
    """A door of an event, its place, and a guest whom the door can be told something of."""
    page = await visitor.open(f"{event}/doors")
    place = await page.locator(f"main a[href^='{event}/doors/place/']").first.get_attribute("href")
    door = await page.locator(f"main li a[href^='{event}/doors/']").first.get_attribute("href")
    await page.close()
    page = await visitor.open(f"{event}/flags?q=nguyen")
    flag = await page.locator(f"main a[href^='{event}/flags/']").first.get_attribute("href")
    await page.close()
    page = await visitor.open(f"{event}/devices")
    device = await page.locator(f"main a[href^='{event}/devices/']").first.get_attribute("href")
    await page.close()
    return {"door": door, "place": place, "flag": flag, "device": device}


@pytest.mark.browser
async def test_a_page_weighs_little_and_does_not_jump(visit: Any) -> None:
    visitor = await visit(390)
    page = await visitor.open("/")
    files = await page.evaluate(
        "() => performance.getEntriesByType('resource').map(e => new URL(e.name).pathname.replace('/static/', ''))"
    )
    jumps = await page.evaluate(
        """() => new Promise(done => new PerformanceObserver(list => done(
             list.getEntries().reduce((sum, entry) => sum + (entry.hadRecentInput ? 0 : entry.value), 0)
           )).observe({type: 'layout-shift', buffered: true}) || setTimeout(() => done(0), 500))"""
    )
    weight = {"js": 0, "css": 0}
    for name in files:
        kind = name.rsplit(".", 1)[-1]
        if kind in weight:
            weight[kind] += len(gzip.compress((ROOT / "app" / "static" / name).read_bytes(), 5))
    assert 0 < weight["js"] <= 60_000
    assert 0 < weight["css"] <= 40_000
    assert jumps < 0.02
