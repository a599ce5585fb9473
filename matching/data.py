"""The engine's tables: companies, investors and dated links, from CSV files or from plain values.

Nothing here counts, weighs or learns; encode.py turns these values into arrays.
"""

import csv
import gzip
import hashlib
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, Self

_DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})")


class DataError(ValueError):
    """Input that cannot be read; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company, and what it asks for now. Everything but the id may be missing.

    Attributes
    ----------
    id : str
        Unique among companies.
    name, description : str
        Free text in any language; translations may be joined with a blank.
    category : str
        One code of a single-valued classification (CrunchBase's 42 categories in the demo data).
    sectors, technologies : tuple of str
        Codes of the multi-valued classifications.
    country, state, region, city : str
        Place, from wide to narrow; compared after folding. ``state`` is also the province.
    founded_at : date or None
        Day of founding.
    stage : str
        Company or product stage code.
    languages, needs : tuple of str
        Language codes; codes of what is sought.
    round_type : str
        Kind of round being raised now, empty if none is stated.
    amount_usd : float or None
        Amount being raised now, US dollars.
    """

    id: str
    name: str = ""
    description: str = ""
    category: str = ""
    sectors: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    country: str = ""
    state: str = ""
    region: str = ""
    city: str = ""
    founded_at: date | None = None
    stage: str = ""
    languages: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    round_type: str = ""
    amount_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Investor:
    """An investor, and what it says it looks for. Everything but the id may be missing.

    Attributes
    ----------
    id : str
        Unique among investors.
    type : str
        Kind of investor.
    stages, rounds : tuple of str
        Stages and kinds of round the investor says it backs (stated mandate).
    places : tuple of str
        Countries, states or regions of the stated mandate.
    ticket_min_usd, ticket_max_usd : float or None
        Stated ticket, US dollars.
    languages, offers : tuple of str
        Language codes; codes of what is offered (matched with a company's ``needs``).

    The other attributes mean what they mean in `Company`.
    """

    id: str
    name: str = ""
    description: str = ""
    type: str = ""
    category: str = ""
    sectors: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    country: str = ""
    state: str = ""
    region: str = ""
    city: str = ""
    stages: tuple[str, ...] = ()
    rounds: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    ticket_min_usd: float | None = None
    ticket_max_usd: float | None = None
    languages: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """One investor in one round of one company; without ``investor_id`` a round whose investors are not known.

    Attributes
    ----------
    funded_at : date or None
        Day of the round. An undated link is history of unknown age: it counts, but never as recent.
    amount_usd : float or None
        Amount of the whole round, US dollars.
    """

    company_id: str
    investor_id: str = ""
    round_type: str = ""
    funded_at: date | None = None
    amount_usd: float | None = None


@dataclass(frozen=True)
class Dataset:
    """Immutable tables of companies, investors and links.

    Parameters
    ----------
    companies, investors, links : tuple
        Rows; ids are unique in their table. Links that name an unknown id get a bare row for it.

    Raises
    ------
    DataError
        An id is empty or occurs twice.
    """

    companies: tuple[Company, ...] = ()
    investors: tuple[Investor, ...] = ()
    links: tuple[Link, ...] = ()
    company_index: Mapping[str, int] = field(init=False, repr=False, compare=False)
    investor_index: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "company_index", _index(self.companies, "company"))
        object.__setattr__(self, "investor_index", _index(self.investors, "investor"))

    @classmethod
    def of(cls, companies: Iterable[Company], investors: Iterable[Investor], links: Iterable[Link] = ()) -> Self:
        """Build a dataset from plain values; ids known from links only get a bare row."""
        company_rows, investor_rows = list(companies), list(investors)
        link_rows = tuple(link for link in links if link.company_id)
        known_c, known_i = {row.id for row in company_rows}, {row.id for row in investor_rows}
        for link in link_rows:
            if link.company_id not in known_c:
                known_c.add(link.company_id)
                company_rows.append(Company(link.company_id))
            if link.investor_id and link.investor_id not in known_i:
                known_i.add(link.investor_id)
                investor_rows.append(Investor(link.investor_id))
        return cls(tuple(company_rows), tuple(investor_rows), link_rows)

    @classmethod
    def from_csv(cls, folder: str | Path) -> Self:
        """Read ``companies.csv``, ``investors.csv`` and ``investments.csv`` (each also as ``.gz``).

        Parameters
        ----------
        folder : path
            Every column but the ids may be missing or empty; columns not known are ignored.

        Raises
        ------
        DataError
            A file or an id column is missing, an id is empty or doubled, a date or an amount is not one.
        """
        root = Path(folder)
        if not root.is_dir():
            raise DataError(f"{root}: no such folder")
        companies = [_company(row, where) for row, where in read_table(root / "companies.csv", "company_id")]
        investors = [_investor(row) for row, _ in read_table(root / "investors.csv", "investor_id")]
        links = [_link(row, where) for row, where in read_table(root / "investments.csv", "company_id")]
        return cls.of(companies, investors, links)

    def until(self, as_of: date | None) -> Self:
        """Return the dataset as it was known on a day: later links and foundings are gone.

        Parameters
        ----------
        as_of : date or None
            Last day that counts; None keeps everything.
        """
        if as_of is None:
            return self
        links = tuple(link for link in self.links if link.funded_at is None or link.funded_at <= as_of)
        companies = tuple(without_future(company, as_of) for company in self.companies)
        return type(self)(companies, self.investors, links)

    @property
    def newest(self) -> date | None:
        """Newest day on which a link was made, None without dated links."""
        return max((link.funded_at for link in self.links if link.funded_at), default=None)

    def fingerprint(self) -> str:
        """Return a hash of every value, the same for the same tables in any process."""
        digest = hashlib.sha256()
        for table in (self.companies, self.investors, self.links):
            for row in table:
                digest.update(repr(astuple(row)).encode())
        return digest.hexdigest()[:16]


def without_future(company: Company, as_of: date) -> Company:
    """Return the company without a founding day that is still to come."""
    if company.founded_at is None or company.founded_at <= as_of:
        return company
    values = {item.name: getattr(company, item.name) for item in fields(company)}
    return Company(**{**values, "founded_at": None})


def read_table(path: Path, id_column: str | None) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the rows of a CSV file with the place of each (``file:line``).

    Parameters
    ----------
    path : Path
        The file; where it is missing, the same name with ``.gz``. The content decides whether it is unpacked.
    id_column : str or None
        Column that must be there and filled; None takes the first column and calls it ``id``.

    Raises
    ------
    DataError
        The file is missing, not text, has no header, or an id is empty.
    """
    rows = csv.reader(io.StringIO(_read(path), newline=""))
    header = [name.strip().lower() for name in next(rows, [])]
    if not header or not any(header):
        raise DataError(f"{path}: empty, a header line is needed")
    if id_column is None:
        header[0] = id_column = "id"
    if id_column not in header:
        raise DataError(f"{path}: column {id_column} is missing")
    for values in rows:
        if not any(value.strip() for value in values):
            continue
        where = f"{path}:{rows.line_num}"
        row = {name: value.strip() for name, value in zip(header, values, strict=False)}
        if not row.get(id_column):
            raise DataError(f"{where}: {id_column} is empty")
        yield row, where


def parse_date(value: str, where: str) -> date | None:
    """Read ``YYYY-MM-DD`` (a time after it is ignored); empty is None.

    Raises
    ------
    DataError
        The text is not a date.
    """
    if not value:
        return None
    match = _DATE.match(value)
    if match:
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            pass
    raise DataError(f"{where}: {value!r} is not a date (YYYY-MM-DD)")


def parse_amount(value: str, where: str) -> float | None:
    """Read an amount in US dollars; empty, zero and "nan" are None.

    Raises
    ------
    DataError
        The text is not a number, is infinite or is negative.
    """
    if not value or value.lower() == "nan":
        return None
    try:
        amount = float(value)
    except ValueError:
        raise DataError(f"{where}: {value!r} is not an amount") from None
    if math.isinf(amount) or amount < 0:
        raise DataError(f"{where}: {value!r} is not an amount")
    return amount or None


def _read(path: Path) -> str:
    source = path if path.exists() else path.with_name(path.name + ".gz")
    if not source.is_file():
        raise DataError(f"{path}: no such file")
    raw = source.read_bytes()
    try:
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        return raw.decode("utf-8-sig")
    except (OSError, EOFError) as error:
        raise DataError(f"{source}: cannot be unpacked ({error})") from None
    except UnicodeDecodeError:
        raise DataError(f"{source}: not UTF-8 text") from None


def _index(rows: Sequence[Any], kind: str) -> dict[str, int]:
    index: dict[str, int] = {}
    for position, row in enumerate(rows):
        if not row.id:
            raise DataError(f"{kind} at position {position} has an empty id")
        if row.id in index:
            raise DataError(f"{kind} {row.id!r} occurs twice")
        index[row.id] = position
    return index


def _company(row: dict[str, str], where: str) -> Company:
    return Company(
        id=row["company_id"],
        founded_at=parse_date(row.get("founded_at", ""), where),
        **_texts(row, "name", "description", "category", "country", "state", "region", "city"),
    )


def _investor(row: dict[str, str]) -> Investor:
    columns = ("name", "description", "type", "category", "country", "state", "region", "city")
    return Investor(id=row["investor_id"], **_texts(row, *columns))


def _link(row: dict[str, str], where: str) -> Link:
    return Link(
        company_id=row["company_id"],
        investor_id=row.get("investor_id", ""),
        round_type=row.get("round_type", ""),
        funded_at=parse_date(row.get("funded_at", ""), where),
        amount_usd=parse_amount(row.get("raised_amount_usd", ""), where),
    )


def _texts(row: dict[str, str], *columns: str) -> dict[str, Any]:
    return {column: row.get(column, "") for column in columns}
