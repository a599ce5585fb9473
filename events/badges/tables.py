"""Tables of badges: the design of an event, every badge that was printed, and sheets of many that a job draws."""

from piccolo.columns import JSONB, UUID, Array, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.people.tables import Person
from events.tables import Event, Registration


class BadgeDesign(Table, tablename="badge_design"):
    """What the badges of an event look like; without a row as designs.DEFAULT says. `parts`: codes of sizes.PARTS."""

    event = ForeignKey(Event, primary_key=True, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    size = Text()
    language = Text(default="both")
    parts = Array(base_column=Text())
    line = Text(default="")
    version = Integer(default=1)
    changed_at = Timestamptz(default=now)
    changed_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)


class BadgeRun(Table, tablename="badge_run"):
    """Many badges in one file. `asked`: whom for; `state`: asked, drawn, failed, ended (the file is gone)."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    asked = JSONB(default="{}")
    state = Text(default="asked")
    total = Integer(default=0)
    done = Integer(default=0)
    created_at = Timestamptz(default=now)
    created_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    finished_at = Timestamptz(null=True, default=None)


class BadgePrint(Table, tablename="badge_print"):
    """One badge on its way to paper. The first of a registration needs no reason, every other does (CHECK).

    `nonce` names the act: pressing twice prints once. `name` is what stood on it.
    """

    id = UUID(primary_key=True, default=new_id)
    registration = ForeignKey(
        Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    run = ForeignKey(BadgeRun, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    nonce = Text(unique=True)
    again = Boolean(default=False)
    reason = Text(default="")
    place = Text(default="")
    name = Text(default="")
    by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    printed_at = Timestamptz(default=now)
