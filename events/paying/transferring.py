"""What somebody is asked to pay: the account, the amount, the text, and the code that fills all of it in."""

from typing import Any

import msgspec

from events.paying.reconciling import account_of
from events.paying.vietqr import Account, payload, reference


class Asked(msgspec.Struct, frozen=True):
    account: Account
    amount: int
    text: str

    @property
    def code(self) -> str:
        """The text of the QR code that a banking app reads."""
        return payload(self.account, self.amount, self.text)


async def asked(row: Any) -> Asked | None:
    """What a registration's guest has to transfer now; None while there is nothing to pay, or nowhere to."""
    if row["status"] not in ("started", "offered") or row["paid_at"] is not None or not row["price"]:
        return None
    account = await account_of(row["event"])
    return Asked(account, row["price"], reference(row["code"])) if account else None
