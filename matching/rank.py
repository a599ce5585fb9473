"""The command ``rank``: files in, a file of ranked pairs out."""

import csv
from argparse import Namespace
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from matching.data import Company, DataError, Dataset, Investor, parse_amount, parse_date, read_table
from matching.fitting import fit


def rank(options: Namespace) -> None:
    """Fit on a folder, rank the candidates for each query, write ``query_id,candidate_id,score``.

    Raises
    ------
    DataError
        Input that cannot be read, or a day that is none.
    """
    as_of = as_day(options.as_of)
    if options.limit < 1:
        raise DataError("--limit must be at least 1")
    data = Dataset.from_csv(options.data)
    for_companies = options.side == "companies"
    queries = profiles(Path(options.queries), data, companies=for_companies)
    candidates = profiles(Path(options.candidates), data, companies=not for_companies)
    model = fit(data, as_of=as_of, seed=options.seed, judged=False)
    try:
        with Path(options.out).open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(("query_id", "candidate_id", "score"))
            if candidates:
                for query, found in model.ids_for(queries, candidates, options.limit):
                    writer.writerows((query, candidate, f"{score:.6f}") for candidate, score in found)
    except OSError as error:
        raise DataError(f"{options.out}: cannot be written ({error.strerror})") from None


def as_day(value: str | None) -> date | None:
    """Read the day of an option."""
    return parse_date(value, "--as-of") if value else None


def profiles(path: Path, data: Dataset, companies: bool) -> list[Any]:
    """Read ids, and for companies what they raise, from a CSV file with the id in its first column.

    An id that the data does not know is ranked as a profile without facts. A repeated id counts once.
    """
    found: dict[str, Any] = {}
    for row, where in read_table(path, None):
        identifier = row["id"]
        if companies:
            place = data.company_index.get(identifier)
            profile: Any = Company(identifier) if place is None else data.companies[place]
            asked = parse_amount(row.get("amount_usd", ""), where)
            profile = replace(profile, round_type=row.get("round_type", ""), amount_usd=asked)
        else:
            place = data.investor_index.get(identifier)
            profile = Investor(identifier) if place is None else data.investors[place]
        found.setdefault(identifier, profile)
    return list(found.values())
