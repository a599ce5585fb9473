"""Tables of this subject: fitted engines, market runs, stored suggestions, what people made of them, their wishes.

Pairings are the lists that are made as they are read: mentors, and technologies on offer or looked for.
"""

from piccolo.columns import JSONB, UUID, Array, BigSerial, Boolean, ForeignKey, Integer, Real, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.constraints import Unique
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.directory.tables import Organisation
from app.people.tables import Person


class EngineModel(Table, tablename="engine_model"):
    """One fit of the engine. `status`: fitting, active (one at most), refused by the gate, retired, failed."""

    id = UUID(primary_key=True, default=new_id)
    version = Text(null=True, default=None)
    status = Text(default="fitting")
    prior = Boolean(default=False)
    """Fitted without any history: the documented prior alone."""
    path = Text(null=True, default=None)
    """Name of the file in the folder of models."""
    fingerprint = Text(default="")
    """What the data looked like; the same again need not be fitted again."""
    card = JSONB(default="{}")
    note = Text(default="")
    """Why it was refused, or what failed."""
    seconds = Real(null=True, default=None)
    peak_mb = Integer(null=True, default=None)
    started_at = Timestamptz(default=now)
    fitted_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


class SuggestionRun(Table, tablename="suggestion_run"):
    """Where an organisation's lists stand. Asked for, made, out of date or failed: one row says which."""

    organisation = ForeignKey(
        Organisation, primary_key=True, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict
    )
    requested_at = Timestamptz(null=True, default=None)
    """Somebody waits for new lists since then; empty when they are made."""
    stale_at = Timestamptz(null=True, default=None)
    """Somebody named in the lists has changed since."""
    computed_at = Timestamptz(null=True, default=None)
    failed_at = Timestamptz(null=True, default=None)
    profile_version = Integer(null=True, default=None)
    model_version = Text(null=True, default=None)
    milliseconds = Integer(null=True, default=None)


class Suggestion(Table, tablename="suggestion"):
    """One candidate on one of an organisation's lists; a list is replaced whole."""

    id = BigSerial(primary_key=True)
    organisation = ForeignKey(Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    candidate = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    kind = Text()
    """What the candidate is suggested as: investor, startup, incubator ..."""
    rank = Integer()
    score = Real()
    base = Real()
    p = Real()
    q = Real()
    reasons = JSONB(default="[]")
    """Codes, parts of the score and parameters; sentences are made when they are read."""
    explored = Boolean(default=False)
    """Stands there to learn, not because it scored best."""
    propensity = Real(default=1.0)
    """How likely it was to stand there: answers to what was explored count by it."""
    model_version = Text()
    computed_at = Timestamptz(default=now)

    one_place = Unique([organisation, kind, candidate], name="suggestion_one_place")


class SuggestionChoice(Table, tablename="suggestion_choice"):
    """A candidate kept or put away for an organisation. `choice`: saved, hidden. Ended when it was undone."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    candidate = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    choice = Text()
    reason = Text(null=True, default=None)
    """Why it was put away, a code of `choices.REASONS`."""
    rank = Integer(null=True, default=None)
    model_version = Text(null=True, default=None)
    """Where it stood and by which engine, so that engines can be judged on answers."""
    explored = Boolean(null=True, default=None)
    propensity = Real(null=True, default=None)
    person = ForeignKey(Person, null=True, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class MatchingPreference(Table, tablename="matching_preference"):
    """How an organisation wants to be suggested; without a row everything stands as it does by default."""

    organisation = ForeignKey(
        Organisation, primary_key=True, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict
    )
    accepts = Text(default="open")
    """Requests: open, ask_first (they want to be asked before an introduction), programme (through coordinators
    only), closed (never suggested)."""
    requests_per_month = Integer(null=True, default=None)
    """How many they can answer; empty when they do not say."""
    signals_off = Array(base_column=Text())
    """Parts of the profile that do not count, codes of `signals.SIGNALS`."""
    person = ForeignKey(Person, null=True, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    updated_at = Timestamptz(default=now)


class MentorPreference(Table, tablename="mentor_preference"):
    """How a mentor wants to be suggested. No row: everything of their profile counts that members may see."""

    person = ForeignKey(Person, primary_key=True, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    signals_off = Array(base_column=Text())
    """Parts of the profile that do not count, codes of `mentor_signals.SIGNALS`."""
    updated_at = Timestamptz(default=now)


class SuggestionDigest(Table, tablename="suggestion_digest"):
    """Somebody wants a mail of what is new on the lists of an organisation of theirs. `digest`: never, daily, weekly.

    `told`: whom the person has been told of, or saw on the page when the mails were chosen.
    """

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    digest = Text(default="never")
    agreed_at = Timestamptz(null=True, default=None)
    digested_until = Timestamptz(null=True, default=None)
    told = Array(base_column=UUID())

    one_each = Unique([person, organisation], name="suggestion_digest_one")


class MarketRun(Table, tablename="market_run"):
    """One run of the market for one kind of list; `ended_at` is empty for the one in use."""

    id = UUID(primary_key=True, default=new_id)
    kind = Text()
    """What is listed: investor (to companies) or startup (to investors)."""
    model_version = Text()
    temperature = Real()
    """Width of the choice that prices were fitted for."""
    figures = JSONB(default="{}")
    seconds = Real()
    started_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class MarketPrice(Table, tablename="market_price"):
    """What it costs to put somebody on one more list, by one run."""

    id = BigSerial(primary_key=True)
    run = ForeignKey(MarketRun, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    candidate = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    price = Real()
    """In units of the chance that both want it."""
    offset = Real(null=True, default=None)
    """Added to the log odds that they say yes, see `appeal`."""
    lists = Integer(default=0)
    """On how many lists of ten the run shows them."""
    level = Text(default="")
    """busy, seldom or empty: what a card says about it."""

    one_price = Unique([run, candidate], name="market_price_one")


class MarketList(Table, tablename="market_list"):
    """Whom one run shows to one organisation, in order."""

    id = BigSerial(primary_key=True)
    run = ForeignKey(MarketRun, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    candidates = Array(base_column=UUID())

    one_list = Unique([run, organisation], name="market_list_one")


class MentorPrice(Table, tablename="mentor_price"):
    """What it costs to put a mentor on one more list, by one run; the columns are those of `MarketPrice`."""

    id = BigSerial(primary_key=True)
    run = ForeignKey(MarketRun, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    price = Real()
    offset = Real(null=True, default=None)
    lists = Integer(default=0)
    level = Text(default="")

    one_mentor_price = Unique([run, person], name="mentor_price_one")


class PairingChoice(Table, tablename="pairing_choice"):
    """A mentor or a technology put away for an organisation. Ended when it was undone; gone with an erased mentor."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    kind = Text()
    """A kind of `pairing.KINDS`."""
    candidate = UUID(default=None)
    """The mentor, or the row of the technology."""
    reason = Text()
    """A code of `choices.REASONS`."""
    person = ForeignKey(Person, null=True, on_delete=OnDelete.set_null, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class PairingAnswer(Table, tablename="pairing_answer"):
    """Somebody on a list without a learned engine was asked, kept or put away: what the list looked like, and what
    became of it.

    `source`, `source_id`: the act (booking, introduction, choice, pairing_choice). `shown`: parts of the scores, first
    of whom it is about, then of the others among the first ten; no names. Empty until a job has looked, and for good
    where the engine may not weigh somebody. Of an erased mentor `candidate` is empty and `source_id` leads nowhere.
    """

    id = UUID(primary_key=True, default=new_id)
    kind = Text()
    """What the candidate is listed as: mentor, technology_offer, technology_need, incubator, institute, support."""
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    candidate = UUID(null=True, default=None)
    """A person, a technology's row or an organisation, by its kind; empty where a person has gone."""
    source = Text()
    source_id = UUID(default=None)
    rank = Integer(null=True, default=None)
    shown = JSONB(default="[]")
    answer = Text(default="asked")
    """asked, saved, hidden, then accepted, declined or met."""
    replied = Boolean(null=True, default=None)
    replied_at = Timestamptz(null=True, default=None)
    """Whether the other side itself said yes, and when; a session that took place without being asked for is no yes."""
    asked_at = Timestamptz(default=now)
    answered_at = Timestamptz(null=True, default=None)
    looked_at = Timestamptz(null=True, default=None)

    one_answer = Unique([kind, source_id], name="pairing_answer_one")


class PairingWeights(Table, tablename="pairing_weights"):
    """How much the points of a documented prior count since people answered. `status`: active (one of each kind at
    most), refused by the gate, retired."""

    id = UUID(primary_key=True, default=new_id)
    kind = Text()
    status = Text(default="active")
    factors = JSONB(default="{}")
    base = JSONB(default="{}")
    card = JSONB(default="{}")
    made_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
