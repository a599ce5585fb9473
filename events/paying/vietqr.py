"""The QR code that fills in a bank transfer in Vietnam (VietQR): an EMVCo code with the fields that NAPAS asks for."""

import re
import unicodedata

import msgspec

NAPAS = "A000000727"
TO_ACCOUNT = "QRIBFTTA"
VND = "704"
LONGEST_TEXT = 25
_BANK = re.compile(r"\d{6}", re.ASCII)
_NUMBER = re.compile(r"[0-9A-Za-z]{4,19}", re.ASCII)

BANKS: dict[str, str] = {
    "970436": "Vietcombank",
    "970415": "VietinBank",
    "970418": "BIDV",
    "970405": "Agribank",
    "970422": "MB",
    "970407": "Techcombank",
    "970416": "ACB",
    "970432": "VPBank",
    "970423": "TPBank",
    "970403": "Sacombank",
    "970437": "HDBank",
    "970441": "VIB",
    "970443": "SHB",
    "970448": "OCB",
    "970426": "MSB",
    "970440": "SeABank",
    "970431": "Eximbank",
    "970449": "LPBank",
}
"""The six digits by which banks know each other, for the banks that most accounts are at."""


class Account(msgspec.Struct, frozen=True):
    """Where the money goes: the bank's six digits, the account's number, its holder as the bank writes it."""

    bank: str
    number: str
    holder: str

    @property
    def bank_name(self) -> str:
        return BANKS.get(self.bank, self.bank)


def is_bank(text: str) -> bool:
    return _BANK.fullmatch(text) is not None


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def payload(account: Account, amount: int, text: str) -> str:
    """The text of the code: so many dong to this account, with this text. The last four signs are its checksum."""
    receiver = _field("00", account.bank) + _field("01", account.number)
    merchant = _field("00", NAPAS) + _field("01", receiver) + _field("02", TO_ACCOUNT)
    body = (
        _field("00", "01")
        + _field("01", "12")
        + _field("38", merchant)
        + _field("53", VND)
        + _field("54", str(amount))
        + _field("58", "VN")
        + _field("62", _field("08", plain(text)))
        + "6304"
    )
    return f"{body}{checksum(body.encode()):04X}"


def _field(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"


def checksum(data: bytes) -> int:
    """CRC-16 as EMVCo asks for it: polynomial 0x1021, begun with 0xFFFF, nothing reflected."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _bit in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def plain(text: str) -> str:
    """What banks let through in the text of a transfer: plain letters, digits and blanks, not many."""
    bare = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(c if c.isascii() and (c.isalnum() or c == " ") else "" for c in bare)
    return " ".join(kept.split())[:LONGEST_TEXT]


PREFIX = "KN"


def reference(code: str) -> str:
    """What a guest writes into the transfer, so that the statement can be told apart."""
    return f"{PREFIX}{code}"
