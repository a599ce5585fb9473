"""Tables of imports: a file that somebody sent, the fate of each of its rows, what a source calls an organisation.

Rows of an import are forgotten after a while; what it did stays in the history of the organisations.
"""

from piccolo.columns import JSONB, UUID, BigInt, BigSerial, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.directory.tables import Organisation
from app.people.tables import Person


class ImportRun(Table, tablename="import_run"):
    """One file on its way in. `subject`: what it is a list of.

    `state`: received, judged, confirmed, written, undoing, undone, refused or dropped.

    `choices` is what a person chose (letters, sheet, row of titles, columns, what to do where people wrote something
    else), `found` what the file is; `round` counts the judgements, so that a job for an earlier one ends. `list_name`
    is what the sender calls the list: numbers of its rows are known again under it. `done` of `total` is the progress.
    """

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    subject = Text(default="organisations")
    name = Text()
    list_name = Text(default="")
    size = BigInt(default=0)
    sha256 = Text(default="")
    state = Text(default="received")
    choices = JSONB(default="{}")
    found = JSONB(default="{}")
    counts = JSONB(default="{}")
    problem = Text(null=True, default=None)
    problem_values = JSONB(default="{}")
    round = Integer(default=1)
    done = Integer(default=0)
    total = Integer(default=0)
    created_at = Timestamptz(default=now, index=True)
    judged_at = Timestamptz(null=True, default=None)
    confirmed_at = Timestamptz(null=True, default=None)
    written_at = Timestamptz(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)
    undone_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    file_ended_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


class ImportRow(Table, tablename="import_row"):
    """A row and its fate: new, changed, unchanged, conflict, possible or faulty.

    Of lists of a profile and of persons `target` is the entry or the proposal.

    `values` are what it says, `changes` each field before and after, `conflicts` what people wrote and the row says
    otherwise, `faults` what cannot be taken. `organisation` is whom it is about, for a possible duplicate whom it may
    be about; `decision` is what somebody said to that: same, other or skip. `outcome` is written with the act itself:
    created, changed, unchanged, kept or left; `undone` with its taking back: ended, restored or kept.
    """

    id = BigSerial(primary_key=True)
    run = ForeignKey(ImportRun, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    number = Integer()
    name = Text(default="")
    fate = Text()
    why = Text(default="")
    organisation = ForeignKey(
        Organisation, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    target = UUID(null=True, default=None)
    decision = Text(null=True, default=None)
    values = JSONB(default="{}")
    changes = JSONB(default="{}")
    conflicts = JSONB(default="{}")
    faults = JSONB(default="[]")
    outcome = Text(null=True, default=None)
    version = Integer(null=True, default=None)
    undone = Text(null=True, default=None)


class PersonProposal(Table, tablename="person_proposal"):
    """What a list says of a person, kept for her alone: a profile only once she has taken it over herself.

    `email_key`: whoever proves this address decides. `state`: waiting, taken or declined; of what is decided the values
    are forgotten and `digest` tells whether a later list says the same again.
    """

    id = UUID(primary_key=True, default=new_id)
    email_key = Text()
    name = Text(default="")
    values = JSONB(default="{}")
    digest = Text(default="")
    list_name = Text(default="")
    run = ForeignKey(ImportRun, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    state = Text(default="waiting")
    version = Integer(default=1)
    created_at = Timestamptz(default=now)
    updated_at = Timestamptz(default=now)
    decided_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz()


class ImportKey(Table, tablename="import_key"):
    """By what a row of a file names its organisation, as a digest: a second row with the same repeats it.

    `place` goes with names: two organisations in two places may share one.
    """

    id = BigSerial(primary_key=True)
    run = ForeignKey(ImportRun, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    key = BigInt()
    number = Integer()
    place = Text(default="")


class ExternalReference(Table, tablename="external_reference"):
    """What a source calls an organisation: the number in its list. So its next list is known again."""

    id = BigSerial(primary_key=True)
    list_name = Text()
    value = Text()
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    run = ForeignKey(ImportRun, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)


class ExportRun(Table, tablename="export_run"):
    """A file of the directory being written for one person, who may fetch it until `expires_at`."""

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    locale = Text()
    format = Text()
    asked = JSONB(default="{}")
    state = Text(default="asked")
    done = Integer(default=0)
    total = Integer(default=0)
    size = BigInt(default=0)
    created_at = Timestamptz(default=now, index=True)
    written_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
