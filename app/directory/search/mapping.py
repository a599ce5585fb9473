"""The map: every ward of Vietnam as a point, which have the country's shape, and circles for how many are where.

Drawn from the coordinates of the wards and provinces that come with the house; no other server is asked.
"""

import math
from functools import cache

import msgspec

from app.core import db
from app.directory.asking import Asked
from app.directory.finding import members_of
from app.directory.places import VIETNAM, provinces, wards

WIDTH = 560.0
WEST, NORTH = 101.6, 23.7
EAST, SOUTH = 115.2, 6.3
_SQUEEZED = math.cos(math.radians(16))
"""A degree of longitude beside one of latitude in the middle of the country."""
SMALLEST, LARGEST = 5.0, 30.0


class Frame(msgspec.Struct, frozen=True):
    """A window on the map: degrees to points."""

    west: float
    north: float
    east: float
    south: float

    @property
    def scale(self) -> float:
        return WIDTH / ((self.east - self.west) * _SQUEEZED)

    @property
    def height(self) -> float:
        return round((self.north - self.south) * self.scale, 1)

    def at(self, lat: float, lon: float) -> tuple[float, float]:
        return round((lon - self.west) * _SQUEEZED * self.scale, 1), round((self.north - lat) * self.scale, 1)


COUNTRY = Frame(WEST, NORTH, EAST, SOUTH)


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A province or ward with how many are there; `radius` grows with the square root, so areas tell the numbers."""

    code: str
    name: str
    count: int
    x: float
    y: float
    radius: float
    url: str
    list_url: str


class Map(msgspec.Struct, frozen=True, kw_only=True):
    province: str
    """The name of the province whose wards are shown; "" for the whole country."""
    height: float
    points: str
    """The wards as one path of points."""
    spots: list[Spot]
    total: int
    elsewhere: int
    """So many fit the filters and are in none of the places shown."""


@cache
def points_of(province: str = "") -> str:
    """Every ward as a point of a path, of the country or of one province."""
    frame = frame_of(province)
    places = [frame.at(ward.lat, ward.lon) for ward in wards().values() if province in ("", ward.province_code)]
    return "".join(f"M{x:g} {y:g}h0" for x, y in places)


@cache
def frame_of(province: str = "") -> Frame:
    """The country, or the province with a little room around it."""
    here = [ward for ward in wards().values() if ward.province_code == province]
    if not here:
        return COUNTRY
    lats, lons = sorted(ward.lat for ward in here), sorted(ward.lon for ward in here)
    edge = max(0.04, (lons[-1] - lons[0]) * 0.06)
    return Frame(lons[0] - edge, lats[-1] + edge, lons[-1] + edge, lats[0] - edge)


async def map_of(asked: Asked) -> Map:
    """Who fits the words and filters, by province; with one province chosen, by its wards. A few queries at most."""
    chosen = [code.removeprefix(f"{VIETNAM}-") for code in asked.region if code.startswith(f"{VIETNAM}-")]
    province = chosen[0] if len(asked.region) == 1 and chosen and chosen[0] in provinces() else ""
    sets, members = await members_of(asked)
    matching = sets.matching(asked, hits=members)
    if province:
        rows = await db.fetch(
            "SELECT ward_code, number FROM organisation WHERE province_code = $1 AND ward_code IS NOT NULL"
            " AND ended_at IS NULL AND hidden_at IS NULL",
            province,
        )
        counts: dict[str, int] = {}
        for row in rows:
            if matching >> row["number"] & 1:
                counts[row["ward_code"]] = counts.get(row["ward_code"], 0) + 1
        total = matching.bit_count()
    else:
        found = sets.counts(asked, "region", hits=members)
        prefix = f"{VIETNAM}-"
        counts = {code.removeprefix(prefix): n for code, n in found.items() if code.startswith(prefix) and n}
        total = sets.matching(asked, hits=members, but="region").bit_count()
    spots = _spots(asked, province, counts)
    return Map(
        province=provinces()[province].short_name if province else "",
        height=frame_of(province).height,
        points=points_of(province),
        spots=spots,
        total=total,
        elsewhere=total - sum(spot.count for spot in spots),
    )


def _spots(asked: Asked, province: str, counts: dict[str, int]) -> list[Spot]:
    """The largest first, so that small circles lie above large ones."""
    frame, most = frame_of(province), max(counts.values(), default=1)
    found = []
    for code, count in counts.items():
        place = wards().get(code) if province else provinces().get(code)
        if place is None:
            continue
        x, y = frame.at(place.lat, place.lon)
        region = (f"{VIETNAM}-{code}",)
        ward_words = msgspec.structs.replace(asked, q=f"{asked.q} {place.name}".strip())
        found.append(
            Spot(
                code=code,
                name=place.name if province else provinces()[code].short_name,
                count=count,
                x=x,
                y=y,
                radius=round(SMALLEST + (LARGEST - SMALLEST) * math.sqrt(count / most), 1),
                url=ward_words.url() if province else map_url(msgspec.structs.replace(asked, region=region)),
                list_url=ward_words.url() if province else asked.url(region=region),
            )
        )
    return sorted(found, key=lambda spot: (-spot.count, spot.name))


def map_url(asked: Asked) -> str:
    """The address of the map of this state."""
    url = asked.url()
    return f"{url}{'&' if '?' in url else '?'}view=map"
