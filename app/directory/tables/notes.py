"""What is known about a field beside its value: who said it, who checked it, until when it holds, who may see it."""

from piccolo.columns import UUID, BigSerial, Boolean, Date, ForeignKey, SmallInt, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.directory.tables.organisations import Organisation
from app.people.tables import Person


class FieldNote(Table, tablename="field_note"):
    """Of one field of an organisation or of a person's profile; fields without a row have what the registry says.

    `source` is self, import, registry, department or event; `verified_level` 0 nobody, 1 confirmed by itself,
    2 checked against a document, 3 checked against a register. `is_source` marks the half of a text pair that the
    other one translates. Who may see the field stands in the owner's `tiers`.
    """

    id = BigSerial(primary_key=True)
    organisation = ForeignKey(
        Organisation, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict
    )
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    field = Text()
    source = Text(default="self")
    said_at = Timestamptz(default=now)
    said_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    verified_level = SmallInt(default=0)
    verified_at = Timestamptz(null=True, default=None)
    verified_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    verified_how = Text(default="")
    confirm_due_on = Date(null=True, default=None)
    is_source = Boolean(default=False)


class FieldGrant(Table, tablename="field_grant"):
    """An organisation lets another one see what it shows on request only, until a day, or until it is taken back."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    viewer = ForeignKey(Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    asked_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    asked_at = Timestamptz(default=now)
    purpose = Text(default="")
    granted_at = Timestamptz(null=True, default=None)
    granted_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    expires_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)
