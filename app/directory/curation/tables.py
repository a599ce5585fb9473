"""Tables of curation: who claims what, which profiles may be one, what was merged, looked at, reported, suggested.

Codes of reasons come from `app.directory.vocabulary.curating`. Every decision keeps who, when and why.
"""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    ForeignKey,
    Integer,
    Real,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.directory.tables import Organisation
from app.people.tables import Person


class Claim(Table, tablename="claim"):
    """A person says: this organisation is ours. Approved, it makes an owner and a verified organisation.

    `state` is made, approved, refused, withdrawn or superseded. While made it `waits_for` the claimant (the link in the
    mail) or the department. `competing`: somebody else owned or claimed it at that time.
    """

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    method = Text()
    email = Text(default="")
    token_hash = Text(null=True, default=None, unique=True, secret=True)
    message = Text(default="")
    evidence_file = UUID(null=True, default=None)
    state = Text(default="made")
    waits_for = Text(null=True, default="department")
    competing = Boolean(default=False)
    made_at = Timestamptz(default=now)
    expires_at = Timestamptz(null=True, default=None)
    proved_at = Timestamptz(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    reason = Text(null=True, default=None)
    words = Text(default="")


class Transfer(Table, tablename="ownership_transfer"):
    """An owner hands an organisation over; the other side accepts by the link that works once."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    giver = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    email = Text()
    email_key = Text()
    giver_becomes = Text(default="editor")
    token_hash = Text(unique=True, secret=True)
    state = Text(default="made")
    made_at = Timestamptz(default=now)
    expires_at = Timestamptz()
    decided_at = Timestamptz(null=True, default=None)
    taker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)


class DuplicateKey(Table, tablename="duplicate_key"):
    """By what an organisation is found beside others: enterprise code, domain, name and parts of it."""

    id = BigSerial(primary_key=True)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    key = Text(index=True)


class DuplicateTrait(Table, tablename="duplicate_trait"):
    """What pairs are compared by, of one organisation as of `listing_version`: its name without the legal form.

    `core` has its words in alphabetical order, `compact` all its letters as they stand.
    """

    organisation = ForeignKey(
        Organisation, primary_key=True, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict
    )
    core = Text()
    compact = Text()
    listing_version = BigInt(index=True)


class DuplicatePair(Table, tablename="duplicate_pair"):
    """Two organisations that may be one; `first` has the smaller id. `state`: found, different, merged or gone."""

    id = UUID(primary_key=True, default=new_id)
    first = ForeignKey(Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    second = ForeignKey(Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    score = Real()
    reasons = Array(base_column=Text())
    state = Text(default="found")
    found_at = Timestamptz(default=now)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    words = Text(default="")


class Merge(Table, tablename="organisation_merge"):
    """One profile went into another. `snapshot` is what it takes to undo it: rows that moved, fields as they were."""

    id = UUID(primary_key=True, default=new_id)
    kept = ForeignKey(Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    merged = ForeignKey(Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    words = Text(default="")
    snapshot = JSONB(default="{}")
    merged_at = Timestamptz(default=now)
    merged_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    undo_until = Timestamptz()
    undone_at = Timestamptz(null=True, default=None)
    undone_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)


class Review(Table, tablename="profile_review"):
    """Somebody of the department looked at a version of a profile: approved, change asked for, hidden, shown again."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    version = Integer()
    decision = Text()
    reason = Text(null=True, default=None)
    words = Text(default="")
    decided_at = Timestamptz(default=now)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)


class Report(Table, tablename="profile_report"):
    """A visitor says that something is wrong with a profile. `state`: made, done or refused."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    kind = Text()
    words = Text(default="")
    email = Text(default="")
    locale = Text(default="vi")
    state = Text(default="made")
    made_at = Timestamptz(default=now)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    answer = Text(default="")


class TermSuggestion(Table, tablename="term_suggestion"):
    """Somebody did not find the word for it. `state`: made, mapped (to `code`), added (as `code`) or refused."""

    id = UUID(primary_key=True, default=new_id)
    vocabulary = Text()
    text = Text()
    words = Text()
    organisation = ForeignKey(
        Organisation, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict
    )
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    state = Text(default="made")
    code = Text(null=True, default=None)
    reason = Text(default="")
    made_at = Timestamptz(default=now)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)


class TermChange(Table, tablename="term_change"):
    """What staff changed of a vocabulary beside the code: a synonym, an added term, a retired one, other labels."""

    id = UUID(primary_key=True, default=new_id)
    vocabulary = Text()
    act = Text()
    code = Text()
    vi = Text(default="")
    en = Text(default="")
    parent = Text(default="")
    synonym = Text(default="")
    replacement = Text(default="")
    made_at = Timestamptz(default=now)
    made_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)


class TermState(Table, tablename="term_state"):
    """One row: `version` rises with every change of terms; processes compare it with the one that they hold."""

    id = SmallInt(primary_key=True, default=1)
    version = BigInt(default=0)


TABLES = [
    Claim,
    Transfer,
    DuplicateKey,
    DuplicateTrait,
    DuplicatePair,
    Merge,
    Review,
    Report,
    TermSuggestion,
    TermChange,
    TermState,
]
"""In the order of their migrations."""
