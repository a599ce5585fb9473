"""Whether an e-mail address speaks for a website: the same domain, with everything that makes this not so simple.

Domains are compared in their ASCII form, so that letters that look alike are not taken for each other. No network.
"""

from email_validator import EmailNotValidError, validate_email


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


FREE_MAIL = _listed(
    "gmail.com googlemail.com yahoo.com yahoo.com.vn yahoo.co.uk ymail.com rocketmail.com outlook.com outlook.com.vn"
    " hotmail.com hotmail.com.vn live.com msn.com icloud.com me.com mac.com aol.com proton.me protonmail.com pm.me"
    " zoho.com zohomail.com yandex.com yandex.ru mail.ru inbox.ru list.ru bk.ru gmx.com gmx.de gmx.net web.de mail.com"
    " qq.com 163.com 126.com sina.com foxmail.com naver.com daum.net hanmail.net tutanota.com tuta.io fastmail.com"
    " hey.com duck.com mailinator.com guerrillamail.com 10minutemail.com yopmail.com tempmail.com vnn.vn hn.vnn.vn"
    " hcm.vnn.vn fpt.vn viettel.vn zing.vn zalo.me email.com usa.com"
)
"""Anybody gets an address there: it says nothing about an organisation."""

SHARED_HOSTS = _listed(
    "facebook.com fb.com m.facebook.com linkedin.com instagram.com tiktok.com youtube.com youtu.be twitter.com x.com"
    " medium.com substack.com wordpress.com blogspot.com wixsite.com wix.com weebly.com webflow.io squarespace.com"
    " github.io gitlab.io github.com herokuapp.com vercel.app netlify.app pages.dev web.app firebaseapp.com"
    " azurewebsites.net cloudfront.net amazonaws.com sites.google.com google.com business.site page.link notion.site"
    " notion.so carrd.co linktr.ee bit.ly myshopify.com mysapo.net bizwebvietnam.net myharavan.com haravan.com"
    " shopee.vn lazada.vn tiki.vn sendo.vn zalo.me trangvangvietnam.com crunchbase.com angel.co f6s.com wikipedia.org"
    " apple.com play.google.com itunes.apple.com ladipage.com ladi.me 000webhostapp.com glitch.me replit.app"
)
"""Many organisations have a page under these: neither the host nor what lies under it is one organisation's own."""

_GENERIC = _listed(
    "com net org edu ac gov co info biz name pro health int io id ai or ne go mil nom web gob gouv asn sch"
)
_PUBLIC_BODIES = frozenset({"edu", "ac", "gov", "go", "mil", "sch", "gob", "gouv"})
_VIETNAMESE_PLACES = _listed(
    "hanoi hochiminh haiphong danang cantho hue angiang bacninh camau caobang daklak dienbien dongnai dongthap gialai"
    " hatinh hungyen khanhhoa laichau lamdong langson laocai nghean ninhbinh phutho quangngai quangninh quangtri sonla"
    " tayninh thainguyen thanhhoa tuyenquang vinhlong binhduong binhdinh binhthuan longan tiengiang bentre"
)


def host_of(website: str) -> str:
    """The host of a web address in ASCII and small letters, without www; "" for what has none."""
    rest = website.strip().partition("://")[2] or website.strip()
    host = rest.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2].partition(":")[0]
    return _ascii(host.removeprefix("www.").rstrip("."))


def domain_of(email: str) -> str:
    return _ascii(email.rpartition("@")[2].strip().rstrip("."))


def _ascii(host: str) -> str:
    if "." not in host:
        return ""
    try:
        found = validate_email(f"a@{host}", check_deliverability=False, test_environment=True).ascii_domain
    except EmailNotValidError:
        return ""
    return (found or "").lower().removeprefix("www.")


def is_shared(host: str) -> bool:
    """Whether many organisations, or anybody at all, have addresses or pages at this host."""
    parts = host.split(".")
    return any(".".join(parts[n:]) in FREE_MAIL | SHARED_HOSTS for n in range(len(parts) - 1))


def is_suffix(host: str) -> bool:
    """Whether names are registered right under this host: com.vn, co.uk, hanoi.vn; nobody owns it."""
    parts = host.split(".")
    if len(parts) < 2:
        return True
    if len(parts) > 2:
        return False
    country = len(parts[1]) == 2
    return country and (parts[0] in _GENERIC or (parts[1] == "vn" and parts[0] in _VIETNAMESE_PLACES))


def speaks_for(email: str, website: str) -> bool:
    """Whether an address at this domain can only be had from who runs the website's domain.

    The same host, a host under it, or the domain that the host lies under; never a shared host or a public suffix.
    """
    host, domain = host_of(website), domain_of(email)
    if not host or not domain or is_shared(host) or is_shared(domain) or is_suffix(domain) or is_suffix(host):
        return False
    return domain == host or domain.endswith(f".{host}") or host.endswith(f".{domain}")


def has_many_people(email: str) -> bool:
    """Whether thousands have addresses there, students and officials: belonging there gives no right to speak."""
    parts = domain_of(email).split(".")
    return parts[-1] in _PUBLIC_BODIES or (len(parts) > 1 and len(parts[-1]) == 2 and parts[-2] in _PUBLIC_BODIES)
