"""Tables of deal flow: pipelines with stages and cards, what a team writes about them, and what startups are told.

Everything of a pipeline is private to its organisation; a deck is its startup's and open to whom a link names.
"""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Date,
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


class Pipeline(Table, tablename="pipeline"):
    """One way from first look to investment; an organisation has several. Its row is the lock of every order in it."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    name = Text()
    lead = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    created_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class PipelineStage(Table, tablename="pipeline_stage"):
    """A step of a pipeline. `kind`: open, won or passed, and a passed card has a reason."""

    id = UUID(primary_key=True, default=new_id)
    pipeline = ForeignKey(Pipeline, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    name_vi = Text(default="")
    name_en = Text(default="")
    kind = Text(default="open")
    place = Integer(default=0)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class DealCard(Table, tablename="deal_card"):
    """An organisation or project on its way through a pipeline.

    `rank` orders a stage; `moves` counts moves and `version` changes of its fields: who holds an older number is told.
    `fit` is what the engine said when it was added: reasons as codes, told with what may be told at reading.
    """

    id = UUID(primary_key=True, default=new_id)
    pipeline = ForeignKey(Pipeline, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    stage = ForeignKey(PipelineStage, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    rank = BigInt()
    moves = Integer(default=0)
    version = Integer(default=1)
    owner = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict, index=True
    )
    next_step = Text(default="")
    next_on = Date(null=True, default=None)
    origin = Text(default="profile")
    fit = JSONB(default="{}")
    fit_value = Real(null=True, default=None)
    state = Text(default="open")
    pass_reason = Text(null=True, default=None)
    added_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    added_at = Timestamptz(default=now)
    changed_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class DealNote(Table, tablename="deal_note"):
    """What somebody of the team wrote about a card; only the team reads it."""

    id = UUID(primary_key=True, default=new_id)
    card = ForeignKey(DealCard, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    author = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    text = Text()
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class DealFile(Table, tablename="deal_file"):
    """A file that the team keeps with a card; only the team opens it."""

    id = UUID(primary_key=True, default=new_id)
    card = ForeignKey(DealCard, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    file = UUID(unique=True)
    name = Text()
    added_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class DealChange(Table, tablename="deal_change"):
    """What happened to a card, who did it and when; rows are only ever added. `detail` has codes, ids and days."""

    id = BigSerial(primary_key=True)
    pipeline = ForeignKey(Pipeline, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    card = ForeignKey(DealCard, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    person = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict, index=True
    )
    act = Text()
    detail = JSONB(default="{}")
    at = Timestamptz(default=now)


class PipelineView(Table, tablename="pipeline_view"):
    """A filter of a board that somebody keeps under a name; their own."""

    id = UUID(primary_key=True, default=new_id)
    pipeline = ForeignKey(Pipeline, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    name = Text()
    query = Text(default="")
    created_at = Timestamptz(default=now)


class PipelineWatch(Table, tablename="pipeline_watch"):
    """What one person of the team has seen of a pipeline, and whether they get its weekly mail of who is new.

    `told`: the organisations that earlier mails named, so that none is named twice.
    """

    id = UUID(primary_key=True, default=new_id)
    pipeline = ForeignKey(Pipeline, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    seen_change = BigInt(default=0)
    seen_at = Timestamptz(default=now)
    digest_agreed_at = Timestamptz(null=True, default=None)
    digested_until = Timestamptz(null=True, default=None)
    told = Array(base_column=UUID())


class PassLetter(Table, tablename="pass_letter"):
    """What an investor chose to tell a startup when it passed: the reason, and words of its own. Never by itself."""

    id = UUID(primary_key=True, default=new_id)
    card = ForeignKey(DealCard, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    investor = ForeignKey(Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    startup = ForeignKey(Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    reason = Text()
    text = Text(default="")
    sent_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    sent_at = Timestamptz(default=now)


class Deck(Table, tablename="deck"):
    """A deck or one-pager of an organisation as a PDF file. A newer file is the next `version`; links show the newest.

    `drawn`: so many pages of the file are drawn already; `shapes`: width and height of each, 0 for one that cannot be.
    """

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    title = Text()
    kind = Text(default="deck")
    file = UUID(unique=True)
    version = Integer(default=1)
    pages = Integer(default=1)
    drawn = Integer(default=0)
    shapes = Array(base_column=Integer())
    created_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    changed_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class DeckLink(Table, tablename="deck_link"):
    """A deck shown to somebody by name: at an address for mail, or to the people of an organisation.

    The address of the link holds a token made from `key`; nothing opens after `expires_at` or `ended_at`.
    `downloads`: how often its pages were taken along as a file, where that is allowed.
    """

    id = UUID(primary_key=True, default=new_id)
    deck = ForeignKey(Deck, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    recipient_name = Text()
    email = Text(default="")
    email_key = Text(default="")
    viewer = ForeignKey(
        Organisation, null=True, default=None, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    key = Text(secret=True)
    created_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    expires_at = Timestamptz()
    may_download = Boolean(default=False)
    downloads = Integer(default=0)
    downloaded_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class DeckReader(Table, tablename="deck_reader"):
    """A browser in which a link was opened by whom it is for. `answer`: "", given or refused; only with a yes is
    anything written of what is looked at."""

    id = UUID(primary_key=True, default=new_id)
    link = ForeignKey(DeckLink, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    person = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict, index=True
    )
    name = Text(default="")
    token_hash = Text(secret=True, default="")
    code_hash = Text(secret=True, default="")
    code_until = Timestamptz(null=True, default=None)
    tries = SmallInt(default=0)
    let_in_at = Timestamptz(null=True, default=None)
    answer = Text(default="")
    answered_at = Timestamptz(null=True, default=None)
    text_version = Text(default="")
    opened_at = Timestamptz(null=True, default=None)
    seen_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=now)


class DeckPageView(Table, tablename="deck_page_view"):
    """How long one reader who agreed looked at one page of one version of a deck."""

    id = BigSerial(primary_key=True)
    reader = ForeignKey(DeckReader, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    version = Integer(default=1)
    page = Integer(default=1)
    seconds = Integer(default=0)
    at = Timestamptz(default=now)
