"""Whether a search finds what people mean: some three hundred questions over a made-up directory, judged alike for ours
and for the baselines. Each family's questions are split: those that may be looked at while tuning, and those held back.
"""

import csv
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.core.ids import new_id
from app.directory.search_text import name_folded, search_text

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "directory" / "search"
FIRST = 3

Row = dict[str, Any]
Ask = Callable[[str], Awaitable[Sequence[Row]]]
"""The first organisations for a question, each with slug, kinds, sectors and province_code."""


class Question(msgspec.Struct, frozen=True):
    set: str
    family: str
    asked: str
    expected: str

    def answered_by(self, found: Sequence[Row]) -> bool:
        """Whether one of the first three is who was meant; of a whole group, whether all three belong to it."""
        first = found[:FIRST]
        if not self.expected.startswith("@"):
            return any(row["slug"] == self.expected for row in first)
        wanted = dict(part.split("=") for part in self.expected[1:].replace("@", "").split("&"))
        return bool(first) and all(_belongs(row, wanted) for row in first)


def _belongs(row: Row, wanted: dict[str, str]) -> bool:
    return (
        wanted.get("sector", "") in ("", *row["sectors"])
        and wanted.get("kind", "") in ("", *row["kinds"])
        and wanted.get("province", "") in ("", row["province_code"])
    )


def questions() -> list[Question]:
    with (FOLDER / "questions.tsv").open(encoding="utf-8", newline="") as file:
        return [Question(*row) for row in list(csv.reader(file, delimiter="\t"))[1:]]


def sample() -> Iterable[tuple[Row, str]]:
    """The organisations that are asked for, as rows of the table, each with the name it had before ("" for none)."""
    with (FOLDER / "sample.tsv").open(encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file, delimiter="\t"):
            row: Row = {
                **{name: record[name] for name in ("name", "name_en", "summary_vi", "enterprise_code", "domain")},
                "kinds": record["kinds"].split(","),
                "sectors": [code for code in record["sectors"].split(",") if code],
                "country": "VN",
                "province_code": record["province_code"],
                "ward_code": record["ward_code"] or None,
            }
            yield (
                {
                    **row,
                    "id": new_id(),
                    "slug": record["slug"],
                    "name_folded": name_folded(row["name"]),
                    # as of those who show their enterprise code to everybody
                    "search_text": search_text({**row, "website": row["domain"], "tiers": {"enterprise_code": 0}}),
                    "sample": True,
                    "source": "sample",
                    "listing_version": 1,
                },
                record["former"],
            )


class Verdict(msgspec.Struct):
    """How many of the questions were answered, by set and by family; and which were not."""

    right: dict[tuple[str, str], int]
    asked: dict[tuple[str, str], int]
    missed: list[tuple[Question, list[str]]]

    def share(self, of: str = "") -> float:
        """Of one set, of one family, or of all."""
        mine = [key for key in self.asked if of in ("", *key)]
        return sum(self.right.get(key, 0) for key in mine) / max(1, sum(self.asked[key] for key in mine))


async def judge(ask: Ask, asked: Iterable[Question] | None = None) -> Verdict:
    verdict = Verdict({}, {}, [])
    for question in asked or questions():
        key = (question.set, question.family)
        verdict.asked[key] = verdict.asked.get(key, 0) + 1
        found = await ask(question.asked)
        if question.answered_by(found):
            verdict.right[key] = verdict.right.get(key, 0) + 1
        else:
            verdict.missed.append((question, [row["slug"] for row in found[:FIRST]]))
    return verdict
