"""Tables of people's rights: consents given and withdrawn, who saw whose data, requests, copies, and what was erased.

`consent`, `rights_step` and `erasure` are only ever added to; the first two say so in the database.
"""

from piccolo.columns import JSONB, UUID, Array, BigInt, BigSerial, Boolean, Bytea, Date, ForeignKey, Integer, Text
from piccolo.columns import Timestamptz as Moment
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.people.tables import Person


class Consent(Table, tablename="consent"):
    """A person gave or withdrew consent for one purpose, in one version of its text. The newest row holds.

    `channel`: web, api, desk, paper. `actor` is who wrote it down when it was not the person.
    """

    id = BigSerial(primary_key=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    purpose = Text()
    text_version = Text()
    given = Boolean()
    at = Moment(default=now)
    channel = Text(default="web")
    actor = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)


class DataAccess(Table, tablename="data_access"):
    """Somebody opened personal data of somebody else: one row per viewer, person, kind and hour."""

    id = BigSerial(primary_key=True)
    subject = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    viewer = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    viewer_role = Text(default="")
    kind = Text()
    place = Text(default="")
    """The event or organisation for which they looked, by name."""
    at = Moment(default=now)
    hour_at = Moment(default=now)


class RightsRequest(Table, tablename="rights_request"):
    """Somebody asks what the law lets people ask. `kind`: access, correction, deletion, withdrawal, objection.

    `state`: received, answered (somebody told the person that it is being worked on), done, refused, taken_back.
    `person` is empty where nobody with that address has an account. `confirmed_at`: the person confirmed an erasure
    that could not be done at once; it is done as soon as nothing is in its way.
    """

    id = UUID(primary_key=True, default=new_id)
    number = BigSerial(unique=True)
    kind = Text()
    person = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    name = Text(default="")
    email = Text(default="")
    email_key = Text(default="")
    channel = Text(default="web")
    said = Text(default="")
    others_involved = Boolean(default=False)
    received_at = Moment(default=now)
    respond_by = Date()
    act_by = Date()
    extended_at = Moment(null=True, default=None)
    state = Text(default="received")
    responded_at = Moment(null=True, default=None)
    confirmed_at = Moment(null=True, default=None)
    decided_at = Moment(null=True, default=None)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    answer = Text(default="")
    registered_by = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict
    )


class RightsStep(Table, tablename="rights_step"):
    """What was done about a request, when and by whom (nobody: the system)."""

    id = BigSerial(primary_key=True)
    request = ForeignKey(
        RightsRequest, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    at = Moment(default=now)
    actor = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    act = Text()
    note = Text(default="")


class DataExport(Table, tablename="data_export"):
    """A copy of everything about a person, asked for, made by a job, gone after a week. `state`: asked, ready, over."""

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    state = Text(default="asked")
    asked_at = Moment(default=now)
    made_at = Moment(null=True, default=None)
    expires_at = Moment(null=True, default=None)
    fetched_at = Moment(null=True, default=None)
    size = BigInt(default=0)
    records = Integer(default=0)


class DataExportPart(Table, tablename="data_export_part"):
    """A piece of the file, so that neither making nor fetching holds the whole of it in memory."""

    id = BigSerial(primary_key=True)
    export = ForeignKey(DataExport, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    content = Bytea()


class Erasure(Table, tablename="erasure"):
    """That somebody was erased, so that no restored backup brings them back. It names nobody.

    `person` is the number of the account's emptied row; `address_hashes` recognise an address, each with `salt`.
    No foreign keys: the row outlives what it is about, and is written into databases that never knew it.
    """

    id = UUID(primary_key=True, default=new_id)
    person = UUID(null=True, default=None)
    salt = Bytea()
    address_hashes = Array(base_column=Bytea())
    erased_at = Moment(default=now)
    request = UUID(null=True, default=None)
    channel = Text(default="web")
    counts = JSONB(default="{}")
    replayed_at = Moment(null=True, default=None)
