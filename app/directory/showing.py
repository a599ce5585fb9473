"""What the page of a profile shows a reader: every field and list that they may see, and where it comes from."""

from typing import Any

from app.core.clock import now
from app.directory import access, becoming, granting, investments, members, places, views
from app.directory import vocabulary as terms
from app.directory.credentials.reading import badges_of
from app.directory.details import details_of
from app.directory.fields import COLLECTIONS, FIELDS, Tier, collections_for, fields_of, sections_for
from app.directory.notes import notes_of
from app.directory.origins import origins_of
from app.directory.persons.team import team_of
from app.directory.rows import in_force, rows_of
from app.directory.seeing import ANY_MEMBER, EVERYBODY, Viewer, shown, shown_rows
from app.directory.vocabulary.persons import CONTACT_FOR
from app.directory.vocabulary.profiles import STRENGTHS

PREVIEWS = {
    "everybody": EVERYBODY,
    "members": ANY_MEMBER,
    "verified": Viewer(tier=Tier.VERIFIED),
    "granted": Viewer(tier=Tier.GRANTED),
}
"""As whom members may look at their own profile."""

FURTHER = ("story", "business", "raising", "project", "investing", "support", "research", "team")
"""Sections of a profile that have a place of their own on the page; the others are its head and facts."""

BESIDE = ("legal_name", "aliases", "enterprise_code", "legal_form", "lenses", "sdgs", "export_markets", "vsic_codes",
          "status")  # fmt: skip
"""Facts that stand below those which everybody looks for."""
OF_MANDATES = (
    *("excluded_sectors", "technologies", "instruments", "ticket_typical", "revenue_min", "leads"),
    *("takes_board_seat", "impact_only", "diaspora"),
)
"""What a mandate says besides what its reader looks for first."""
OF_NEEDS = ("sectors", "technologies", "quantity")


async def profile_of(seen: access.Seen, viewer: Viewer) -> dict[str, Any]:
    """Everything that the template draws. At most eleven queries beside the door's."""
    whole = {**seen.row, **await details_of(seen.id)}
    row = shown(whole, viewer)
    kinds = collections_for(row["kinds"])
    invests = "investor" in row["kinds"]
    rounds = await investments.rounds_of(seen.id) if row["links"] or not invests else []
    portfolio = await investments.portfolio_of(seen.id) if invests else None
    partners = await investments.co_investors_of(seen.id) if portfolio and portfolio.rows else []
    stored = await rows_of(seen.id, [kind.name for kind in kinds])
    lists = {name: shown_rows(COLLECTIONS[name], found, viewer, row["tiers"]) for name, found in stored.items()}
    known = await notes_of(seen.id)
    inside = viewer == seen.viewer
    return {
        "seen": seen,
        "row": row,
        "card": views.card_of(row, viewer),
        "entries": [
            (kind, [views.entry_of(kind, entry) for entry in lists[kind.name] if not _past(entry)])
            for kind in kinds
            if lists[kind.name] and kind.name not in ("mandate", "need_offer")
        ],
        "former_addresses": [views.entry_of(COLLECTIONS["address"], one) for one in lists["address"] if _past(one)],
        "needs": in_force(lists["need_offer"]),
        "strengths": STRENGTHS,
        "mandates": lists.get("mandate", []),
        "badges": (await badges_of([seen.id])).get(seen.id, []),
        "further": [
            (section, facts)
            for section in sections_for(row["kinds"])
            if section.name in FURTHER and (facts := views.facts_of(fields_of(section.name), row))
        ],
        "beside": views.facts_of((FIELDS[name] for name in BESIDE if (name, row[name]) != ("status", "active")), row),
        "said_of": said_of,
        "linked": {"host": None, "became": None, "predecessor": None, **await becoming.linked_to(row)},
        "origins": origins_of(row, lists, known),
        "kept_back": not seen.member and granting.kept_back(whole, stored, viewer),
        "founded": views.founded(row),
        "site": views.site(row["website"]),
        "site_of": views.site,
        "place": places.place_label(row),
        "place_label": places.place_label,
        "terms": terms,
        "rounds": rounds,
        "portfolio": portfolio,
        "partners": partners,
        "where_of": lambda mandate: ", ".join(places.region_label(code) for code in mandate["geographies"]),
        "team": await team_of(seen.id, viewer),
        "contact_for": CONTACT_FOR,
        "members": await members.members_of(seen.id) if inside and (seen.member or seen.admin) else None,
        "crunchbase": row["source"] == "crunchbase" or bool(rounds) or bool(portfolio and portfolio.rows),
    }


def _past(entry: dict[str, Any]) -> bool:
    """Whether an address is no more. One that begins later is shown, with the day from which it holds."""
    return "address_type" in entry and entry["valid_until"] is not None and entry["valid_until"] < now().date()


def said_of(name: str, entry: dict[str, Any]) -> list[tuple[str, str]]:
    """What a mandate, or a need, says besides what its reader looks for first."""
    fields = OF_MANDATES if name == "mandate" else OF_NEEDS
    return views.facts_of((COLLECTIONS[name].field(field) for field in fields), entry)
