"""What is known of a place: from the memory of this process, brought up to what stands in Redis."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from portal.inventory import news
from portal.inventory.redis_connection import Away
from portal.inventory.snapshots import one_look, store
from portal.inventory.snapshots.process_cache import Known, failures, snapshots, working_on
from portal.inventory.snapshots.snapshot import Snapshot, decode, learn, rebase, relearn
from portal.inventory.snapshots.snapshot_key import SnapshotKey
from portal.inventory.snapshots.store import Failure, Head, Overlay, Raw, Replaced, Seen
from portal.resources.types import TYPES

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class State:
    """A place as it is now; both None where nothing has been asked yet."""

    snapshot: Snapshot | None
    failure: Failure | None

    @property
    def failing(self) -> bool:
        """Whether the last query failed."""
        return self.failure is not None and (self.snapshot is None or self.failure.at > self.snapshot.head.fetched)


def known(places: Sequence[SnapshotKey]) -> dict[SnapshotKey, State]:
    """What is known of each, without asking the platform: one small read from Redis, and bodies that have changed."""
    try:
        seen = store.look(places)
    except Away:
        return {place: _from_memory(place) for place in places}
    return {place: _state(place, seen[place]) for place in places}


def _from_memory(place: SnapshotKey) -> State:
    kept = snapshots.get(place)
    usable = kept is not None and kept.snapshot.head.fetched > time.time() - store.KEPT_FOR
    return State(kept.snapshot if kept and usable else None, failures.get(place))


def _state(place: SnapshotKey, seen: Seen) -> State:
    if not _is_current(snapshots.get(place), seen):
        with working_on(place):
            if not _is_current(snapshots.get(place), seen):
                _bring_up(place)
    return State(_from_memory(place).snapshot, seen.failure)


def _is_current(kept: Known | None, seen: Seen) -> bool:
    """Whether memory holds what stands in Redis, or something later."""
    if seen.head is None:
        return kept is None or kept.mark == seen.mark
    return kept is not None and kept.snapshot.head.number >= seen.head.number and kept.mark == seen.mark


def _bring_up(place: SnapshotKey) -> None:
    """Take into memory what is in Redis."""
    try:
        seen, overlay = store.load_overlay(place)
        kept = snapshots.get(place)
        snapshot = kept.snapshot if kept else None
        if seen.head is not None and (snapshot is None or snapshot.head.number < seen.head.number):
            snapshot = _fetch_body(place, seen.head, snapshot)
    except Away:
        return
    if snapshot is not None:
        snapshots.put(place, Known(learn(snapshot, overlay), seen.mark))


def _fetch_body(place: SnapshotKey, head: Head, previous: Snapshot | None) -> Snapshot | None:
    """The snapshot of that head; `previous` where its body is gone."""
    if previous is not None and previous.head.digest == head.digest:
        return rebase(previous, head)
    raws = store.load_body(place, head.number)
    return previous if raws is None else _decode(place, head, raws, previous)


def keep(place: SnapshotKey, head: Head, raws: Sequence[Raw], body: bytes) -> None:
    """Keep what a query has brought: here, and in Redis for the others."""
    with working_on(place):
        kept = snapshots.get(place)
        previous = kept.snapshot if kept else None
        if previous is None or previous.head.number < head.number:
            snapshots.put(place, Known(_decode(place, head, raws, previous), None))
    one_look.look_again()
    try:
        replaced = store.put(place, head, body)
    except Away:
        logger.warning("The snapshot of %s is kept by this process only", place.type_name)
    else:
        if replaced is not None and _is_news(place, head, replaced):
            news.tell([news.of_customer(place.customer)])


def _is_news(place: SnapshotKey, head: Head, replaced: Replaced) -> bool:
    """Whether pages show something else than before; that the same is a few seconds younger is none."""
    before = replaced.head
    if before is None or replaced.had_more or before.digest != head.digest:
        return True
    return head.fetched - before.fetched > TYPES[place.type_name].fresh_for


def _decode(place: SnapshotKey, head: Head, raws: Sequence[Raw], previous: Snapshot | None) -> Snapshot:
    """The snapshot of these records, with what was learned later than them."""
    if previous is not None and previous.head.digest == head.digest:
        return rebase(previous, head)
    fetched = decode(TYPES[place.type_name], head, raws, previous)
    return relearn(fetched, previous.learned) if previous else fetched


def keep_failure(place: SnapshotKey, failure: Failure) -> None:
    """Keep that a query brought nothing."""
    before = failures.get(place)
    failures.put(place, failure)
    one_look.look_again()
    try:
        store.put_failure(place, failure)
    except Away:
        logger.warning("The failure for %s is known to this process only", place.type_name)
    else:
        if before is None or (before.since, before.reason) != (failure.since, failure.reason):
            news.tell([news.of_customer(place.customer)])


def lay_over(place: SnapshotKey, overlay: Overlay) -> None:
    """Keep what was learned of single records since the last query."""
    with working_on(place):
        kept = snapshots.get(place)
        learned = learn(kept.snapshot, overlay) if kept else None
        if kept and learned:
            snapshots.put(place, Known(learned, kept.mark))
    one_look.look_again()
    try:
        before, mark = store.amend(place, overlay)
    except Away:
        logger.warning("A change to %s is known to this process only, until the next refresh", place.type_name)
        return
    # A machine that is watched while it installs is asked for each second, and mostly nothing is learned.
    is_news = True
    if kept and learned and _is_current(kept, before):
        is_news = learned.version != kept.snapshot.version
        _keep_mark(place, learned, mark)
    if is_news:
        news.tell([news.of_customer(place.customer)])


def _keep_mark(place: SnapshotKey, snapshot: Snapshot, mark: bytes) -> None:
    """This snapshot holds all that was laid over until that mark was set: nothing has to be loaded for it."""
    with working_on(place):
        kept = snapshots.get(place)
        if kept is not None and kept.snapshot is snapshot:
            snapshots.put(place, Known(snapshot, mark))
