"""Cells as values: amounts, days, codes and lists as people here write them, and each refusal in its exact words."""

from datetime import date, datetime
from decimal import Decimal
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.text import clean_line
from app.directory.importing import cells
from app.directory.importing.cells import Wrong, joined, parts_of
from app.directory.importing.columns import OWN, columns_from, field_of, targets, title_of, titles_among
from app.directory.importing.harmless import bare, harmless, numeral
from app.directory.importing.tabular import Cell
from app.directory.importing.values import Said, said_by


def said(*titled: tuple[str, Cell]) -> Said:
    columns = columns_from([title for title, _cell in titled], {})
    return said_by(2, [cell for _title, cell in titled], columns, {})


def faults(found: Said) -> list[tuple[str, str]]:
    return [(fault.field, fault.text("en")) for fault in found.faults]


@pytest.mark.parametrize(
    ("title", "cell", "amount", "currency"),
    [
        ("Số vốn cần gọi", "2 tỷ", "2000000000", "VND"),
        ("Số vốn cần gọi", "500 triệu", "500000000", "VND"),
        ("Số vốn cần gọi", "1,5 tỷ đồng", "1500000000", "VND"),
        ("Số vốn cần gọi", "1.500.000 VND", "1500000", "VND"),
        ("Số vốn cần gọi", "1.234,5 USD", "1234.5", "USD"),
        ("Số vốn cần gọi", "1,234.5 USD", "1234.5", "USD"),
        ("Số vốn cần gọi", "$500k", "500000", "USD"),
        ("Số vốn cần gọi", "US$ 1.5m", "1500000", "USD"),
        ("Số vốn cần gọi", "300000₫", "300000", "VND"),
        ("Số vốn cần gọi", "２ tỷ", "2000000000", "VND"),
        ("Số vốn cần gọi (tỷ đồng)", "2,5", "2500000000", "VND"),
        ("Số vốn cần gọi (tỷ đồng)", Decimal("2.5"), "2500000000", "VND"),
        ("Số vốn cần gọi (triệu VND)", 750, "750000000", "VND"),
        ("Số vốn cần gọi (tỷ đồng)", "500 triệu", "500000000", "VND"),
        ("Số vốn cần gọi (USD)", 250_000, "250000", "USD"),
        ("Raising, million USD", "1.25", "1250000", "USD"),
    ],
)  # fmt: skip
def test_amounts_with_their_units_and_currencies(title: str, cell: Cell, amount: str, currency: str) -> None:
    found = said((title, cell))

    assert (found.faults, found.values["raising_amount"]) == ([], Decimal(amount))
    assert found.values["raising_currency"] == currency


def test_a_column_for_the_currency_comes_before_what_the_title_says() -> None:
    found = said(("Số vốn cần gọi (tỷ đồng)", "2"), ("Đồng tiền – Đang gọi vốn", "usd"), ("Đồng tiền", "đồng"))

    assert found.values["raising_currency"] in ("USD", "VND")
    assert found.faults == []


@pytest.mark.parametrize(
    ("title", "cell", "field", "value"),
    [
        ("Năm thành lập", 2019, "founded_on", date(2019, 1, 1)),
        ("Năm thành lập", "năm 2019", "founded_on", date(2019, 1, 1)),
        ("Ngày thành lập", "17/05/2019", "founded_on", date(2019, 5, 17)),
        ("Ngày thành lập", "7-5-2019", "founded_on", date(2019, 5, 7)),
        ("Ngày thành lập", "tháng 5/2019", "founded_on", date(2019, 5, 1)),
        ("Ngày thành lập", "2019-05", "founded_on", date(2019, 5, 1)),
        ("Ngày thành lập", 43_602, "founded_on", date(2019, 5, 17)),
        ("Ngày thành lập", datetime(2019, 5, 17, 8, 30), "founded_on", date(2019, 5, 17)),
        ("Mã số thuế", "0101234567", "enterprise_code", "0101234567"),
        ("Mã số thuế", "0101 234 567-001", "enterprise_code", "0101234567001"),
        ("MST", 1_101_234_567, "enterprise_code", "1101234567"),
        ("Điện thoại", 912_345_678, "contact_phone", "0912345678"),
        ("Điện thoại", "'+84 912 345 678", "contact_phone", "+84 912 345 678"),
        ("Email", " A@Example.VN ", "contact_email", "A@Example.VN"),
        ("Website", "sen.vn", "website", "https://sen.vn"),
        ("Số lao động", "1.250", "headcount", 1250),
        ("Số lao động", "1,250", "headcount", 1250),
        ("Số lao động", Decimal("12.0"), "headcount", 12),
        ("TRL", 5, "trl", 5),
        ("TRL", "TRL 7", "trl", 7),
        ("Lĩnh vực", "Nông nghiệp công nghệ cao; fintech", "sectors", ["agri", "fin"]),
        ("Thị trường xuất khẩu", "Nhật Bản, Mỹ; Đức", "export_markets", ["JP", "US", "DE"]),
        ("Tên khác", "Sen | Trà Sen;Sen", "aliases", ["Sen", "Trà Sen"]),
        ("Có phòng thí nghiệm trọng điểm", "Có", "key_laboratory", True),
        ("Có phòng thí nghiệm trọng điểm", "x", "key_laboratory", True),
        ("Có phòng thí nghiệm trọng điểm", "KHÔNG", "key_laboratory", False),
        ("Có phòng thí nghiệm trọng điểm", False, "key_laboratory", False),
        ("Mô tả", "'=HYPERLINK(1)", "description_vi", "=HYPERLINK(1)"),
        ("Mô tả", "dòng 1\r\ndòng\x00 2", "description_vi", "dòng 1\ndòng 2"),
        ("foundingDate", 2019, "founded_on", date(2019, 1, 1)),
    ],
)  # fmt: skip
def test_what_cells_mean(title: str, cell: Cell, field: str, value: Any) -> None:
    found = said((title, cell))

    assert faults(found) == []
    assert (found.values[field], type(found.values[field])) == (value, type(value))


@pytest.mark.parametrize(
    ("title", "cell", "why"),
    [
        ("Mã số thuế", 101_234_567, "This code has 9 digits: a spreadsheet may have dropped the zero in front."),
        ("Mã số thuế", "101234567001", "This code has 12 digits: a spreadsheet may have dropped the zero in front."),
        ("Mã số thuế", "1,01235E+11", "A spreadsheet shortened this number to 1,01235E+11."),
        ("Mã số thuế", "12345", "An enterprise code has 10 or 13 digits."),
        ("Ngày thành lập", "31/02/2019", "Please enter a date and time that exist."),
        ("Ngày thành lập", "29/02/2023", "Please enter a date and time that exist."),
        ("Ngày thành lập", "05/17/2019", "Please enter a date and time that exist."),
        ("Ngày thành lập", "17 May 2019", "We do not know this date."),
        ("Ngày thành lập", "0001", "Please enter a date and time that exist."),
        ("Ngày thành lập", "9999-01-01", "Please enter a date and time that exist."),
        ("Số lao động", "-1", "This must be at least 0."),
        ("Số lao động", "1e3", "Please enter a number, in digits."),
        ("Số lao động", "0x10", "Please enter a number, in digits."),
        ("Số lao động", "1_000", "Please enter a number, in digits."),
        ("Số lao động", "٣", "Please enter a number, in digits."),
        ("Số lao động", "12,5", "Please enter a whole number."),
        ("Số lao động", 2**63, "This must be at most 1000000."),
        ("Số lao động", "khoảng 20", "Please enter a number, in digits."),
        ("Số vốn cần gọi", "nhiều", "This is not an amount: write, for example, 2 tỷ"),
        ("Số vốn cần gọi", "2 tỷ 500", "This is not an amount"),
        ("Số vốn cần gọi", "-5 tỷ", "This is not an amount"),
        ("Số vốn cần gọi", "9" * 25, "This amount is too large."),
        ("Email", "a@b", "This does not look like an e-mail address."),
        ("Email", "\u0430dmin@b.vn", "This does not look like an e-mail address."),
        ("Email", "a" * 250 + "@b.vn", "This is too long: at most 254 characters."),
        ("Phường xã", "Không Có Xã Này", "We do not know “Không Có Xã Này”."),
        ("Có phòng thí nghiệm trọng điểm", "có thể", "Please write yes or no."),
        ("Mã ngành VSIC", "12", "A VSIC code has four or five digits."),
        ("TRL", "10", "We do not know “10”."),
    ],
)  # fmt: skip
def test_what_cells_cannot_mean(title: str, cell: Cell, why: str) -> None:
    found = said((title, cell))

    assert len(found.faults) == 1
    assert found.faults[0].text("en").startswith(why)
    assert found.faults[0].text("vi") != found.faults[0].text("en")
    assert found.faults[0].column == title


def test_a_ward_is_found_in_the_province_of_its_row_in_any_order_of_the_columns() -> None:
    found = said(("Phường, xã", "Ba Đình"), ("Tỉnh, thành phố", "Hà Nội"))
    code = said(("Mã xã", "x"), ("Xã", "phường ba đình"), ("Tỉnh", "TP Hà Nội"))

    assert found.faults == []
    assert (found.values["province_code"], found.values["ward_code"]) == ("01", code.values.get("ward_code"))
    assert said(("Xã", found.values["ward_code"])).values["ward_code"] == found.values["ward_code"]


def test_every_field_has_a_title_in_both_languages_that_leads_back_to_it() -> None:
    for name in targets():
        for locale in ("vi", "en"):
            assert field_of(title_of(name, locale)) == name
            assert field_of(title_of(name, locale).upper() + " (*)") == name
        assert field_of(name) == name
    assert len({title_of(name, "vi") for name in targets()}) == len(targets())


@pytest.mark.parametrize(("field", "titles"), [(field, titles) for field, (_phrase, titles) in OWN.items()])
def test_columns_that_are_no_fields_are_known_too(field: str, titles: tuple[str, ...]) -> None:
    assert {field_of(title) for title in titles} == {field}


def test_the_second_column_that_says_the_same_is_left_out_until_somebody_chooses_it() -> None:
    titles = ["Tên", "Website", "Trang web", "Mạng xã hội"]
    found = columns_from(titles, {})
    chosen = columns_from(titles, {"2": "website", "3": ""})

    assert [(column.field, column.how) for column in found] == [
        ("name", "title"), ("website", "title"), ("", "twice"), ("socials", "title"),
    ]  # fmt: skip
    assert [(column.field, column.how) for column in chosen] == [
        ("name", "title"), ("", "twice"), ("website", "hand"), ("", "hand"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        ([["Tên", "Loại"], ["Sen", "startup"]], 1),
        ([["DANH SÁCH"], [""], ["STT", "Tên tổ chức", "Trang web"], ["1", "Tên", ""]], 3),
        ([["Sở KH&CN", ""], ["x", "y"], ["Sen", "startup"]], 2),
        ([["chỉ một cột"]], 1),
        ([], 0),
    ],
)  # fmt: skip
def test_titles_are_found_where_they_stand(rows: list[list[Cell]], number: int) -> None:
    assert titles_among(list(enumerate(rows, 1)))[0] == number


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=20), st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc", "Z", "M")), min_size=1)))
def test_what_is_made_harmless_comes_back(text: str, entries: list[str]) -> None:
    assert bare(harmless(text)) == text
    assert harmless(text)[:1] not in tuple("=+-@\t\r\n＝＋－＠")
    wanted = [entry for entry in dict.fromkeys(clean_line(entry) for entry in entries) if entry]
    assert parts_of(harmless(joined(wanted))) == wanted


@pytest.mark.parametrize(("text", "written"), [("7.125", "7.1250"), ("7.12", "7.12"), ("1000", "1000"), ("0.5", "0.5")])
def test_no_number_looks_like_thousands(text: str, written: str) -> None:
    assert numeral(text) == written
    assert cells.number_of(written) == Decimal(text)


def test_a_wrong_cell_says_so_without_losing_the_others() -> None:
    found = said(("Tên", "Sen"), ("Số lao động", "?"), ("Email", "?"), ("Trang web", "sen.vn"))

    assert [field for field, _why in faults(found)] == ["headcount", "contact_email"]
    assert found.values == {"name": "Sen", "website": "https://sen.vn"}
    with pytest.raises(Wrong):
        cells.money_of("")


def test_a_title_costs_no_more_the_longer_it_is() -> None:
    def cost(title: str) -> float:
        found = []
        for _ in range(5):
            began = perf_counter()
            assert field_of(title) == ""
            found.append(perf_counter() - began)
        return min(found)

    field_of("Tên")  # the titles are known from here on
    assert cost("[" * 16_000) < 100 * cost("[" * 200)
    assert field_of("Tên [" + "[" * 100 + "]") == "name"
