"""What may be stated: types and whom they fit, legal bases, days; everything that is wrong is said at once."""

from datetime import date
from typing import Any

import pytest

from app.core.errors import Invalid
from app.directory.credentials import rules
from app.directory.credentials.rules import Stated, checked, family, regimes_of, types_for
from app.directory.vocabulary import CREDENTIAL_TYPES
from app.directory.vocabulary.profiles import REGIMES
from tests.directory.credentials.make import in_days, paper


def wrong(stated: Stated, *, person: bool = False) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        checked(stated, person=person)
    return {name: str(phrase) for name, phrase in refused.value.fields.items()}


def test_every_type_has_its_bases_and_somebody_who_may_hold_it() -> None:
    held = {code for person in (False, True) for code, _label in types_for(person=person)}

    assert all(code in REGIMES for kind in CREDENTIAL_TYPES.codes for code in regimes_of(kind))
    assert held == set(CREDENTIAL_TYPES.codes)
    assert set(rules.REGIMES_OF) | set(rules.FAMILIES) <= set(CREDENTIAL_TYPES.codes)


@pytest.mark.parametrize(
    ("kind", "basis"),
    [
        ("ste_2019", "decree_13_2019"),
        ("ste_2025", "decree_268_2025"),
        ("startup_ind", "decree_268_2025"),
        ("sandbox", "resolution_29_2025"),
        ("ip_patent", "ip_law"),
        ("ocop", "other"),
    ],
)
def test_the_usual_basis_is_taken_when_none_is_named(kind: str, basis: str) -> None:
    values = checked(paper(kind, issued_on=date(2026, 5, 1)), person=kind == "startup_ind")

    assert (values["regime"], values["credential_type"]) == (basis, kind)


@pytest.mark.parametrize(
    ("stated", "fields"),
    [
        (Stated(credential_type=""), {"credential_type", "issuer", "issued_on"}),
        (Stated(credential_type="nothing", issuer="x", issued_on=date(2026, 1, 1)), {"credential_type"}),
        (paper("startup_ind"), {"credential_type"}),
        (paper("ste_2025", regime="decree_13_2019"), {"regime"}),
        (paper("ste_2019", regime="nothing", issued_on=date(2020, 1, 1)), {"regime"}),
        (paper("ste_2025", size_class=""), {"size_class"}),
        (paper("ste_2025", size_class="huge"), {"size_class"}),
        (paper(evidence_url="không phải địa chỉ"), {"evidence_url"}),
        (paper(evidence_url="javascript:alert(1)"), {"evidence_url"}),
        (paper(issued_on=in_days(2)), {"issued_on"}),
        (paper("ocop", issued_on=date(1900, 1, 1)), {"issued_on"}),
        (paper(valid_until=date(2026, 1, 4)), {"valid_until"}),
        (paper(valid_until=date(9999, 1, 1)), {"valid_until"}),
        (paper(issuer=""), {"issuer"}),
    ],
)
def test_what_is_wrong_is_said_by_field(stated: Stated, fields: set[str]) -> None:
    assert set(wrong(stated)) == fields


@pytest.mark.parametrize(
    ("kind", "day"),
    [("ste_2025", date(2025, 10, 13)), ("ste_2019", date(2018, 12, 31)), ("strategic_tech", date(2026, 3, 15))],
)
def test_nothing_was_issued_before_its_basis_was_signed(kind: str, day: date) -> None:
    assert wrong(paper(kind, issued_on=day)) == {"issued_on": rules.BEFORE_THE_BASIS}
    assert checked(paper(kind, issued_on=date(2026, 3, 16)), person=False)["issued_on"] == date(2026, 3, 16)


def test_a_size_is_kept_only_where_the_basis_asks_for_it() -> None:
    assert checked(paper("ste_2025", size_class="large"), person=False)["size_class"] == "large"
    assert checked(paper("hitech_ent", size_class="large"), person=False)["size_class"] is None


def test_organisations_types_are_not_given_to_people() -> None:
    assert wrong(paper("ste_2025"), person=True) == {"credential_type": rules.NOT_THEIRS}
    assert checked(paper("ip_patent"), person=True)["regime"] == "ip_law"


def test_what_replaces_what() -> None:
    assert family("ste_2019") == family("ste_2025") != family("startup_ent")
    assert family("innov_centre") == family("innov_centre_nat") != family("support_centre")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"state": "draft", "refused_at": None}, "draft"),
        ({"state": "draft", "refused_at": 1}, "refused"),
        ({"state": "valid", "valid_until": None}, "valid"),
        ({"state": "valid", "valid_until": date(2026, 6, 1)}, "valid"),
        ({"state": "valid", "valid_until": date(2026, 5, 31)}, "expired"),
        ({"state": "revoked", "valid_until": date(2026, 5, 31)}, "revoked"),
        ({"state": "superseded", "valid_until": None}, "superseded"),
    ],
)
def test_how_one_stands_on_a_day_the_last_day_is_a_valid_one(row: dict[str, Any], expected: str) -> None:
    assert rules.standing(row, date(2026, 6, 1)) == expected
