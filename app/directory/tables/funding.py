"""What was invested: rounds as they were announced and who took part; and the state of the directory's list."""

from piccolo.columns import UUID, BigInt, Boolean, Date, ForeignKey, Numeric, SmallInt, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.directory.tables.organisations import Organisation


class FundingRound(Table, tablename="funding_round"):
    """A round of funding as it was announced; `amount` is of the whole round. `source_type` is the source's word."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    round_type = Text()
    source_type = Text(default="")
    announced_on = Date()
    amount = Numeric(digits=(18, 2), null=True, default=None)
    currency = Text(null=True, default=None)
    source = Text(default="self")
    sample = Boolean(default=False)
    created_at = Timestamptz(default=now)


class Investment(Table, tablename="investment"):
    """An investor took part in a round. `organisation` repeats the round's, so that portfolios need no join."""

    id = UUID(primary_key=True, default=new_id)
    funding_round = ForeignKey(
        FundingRound, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    investor = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    announced_on = Date()
    created_at = Timestamptz(default=now)


class ListingState(Table, tablename="listing_state"):
    """One row: `version` rises with every change that the directory's list shows, in the order of commits."""

    id = SmallInt(primary_key=True, default=1)
    version = BigInt(default=0)
