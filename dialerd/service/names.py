"""Finding what a person named; when it does not exist, the message offers what is spelled almost like it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from dialerd.domain.errors import NotFound, Refused
from dialerd.store import campaigns, list_ends, lists
from dialerd.store.database import Connection, Database
from dialerd.store.lists import ListRecord


def require_list(conn: Connection, name: str, *, lock: bool = False) -> ListRecord:
    """The unarchived list of that name; with `lock` nobody else changes it until the transaction ends. Raises NotFound, or
    Refused when only archived ones have the name.
    """
    # What no terminal shows was never a name, and bytes that are no UTF-8 do not even reach the database.
    record = lists.get(conn, name, lock=lock) if name.isprintable() else None
    if record is None and name.isprintable() and list_ends.archived(conn, name):
        raise Refused(
            f"list {name} is Archived, and an archived list is hidden and cannot be assigned or changed: "
            f"bring it back first, dialerd list unarchive {name}"
        )
    if record is None:
        known = [found.name for found in lists.page(conn)]
        raise NotFound(f"list {name} does not exist{_near(name, known)}; `dialerd list list` shows those that do")
    return record


def find_list(conn: Connection, name: str) -> ListRecord:
    """The list of that name to be looked at: the unarchived one, else the one archived last. Raises NotFound."""
    if name.isprintable() and lists.get(conn, name) is None:
        archived = list_ends.archived(conn, name)
        if archived:
            return archived[0]
    return require_list(conn, name)


def require_campaign(conn: Connection, name: str, configured: Collection[str]) -> None:
    """Raises NotFound when the campaign has neither a file nor a past in the database."""
    known = sorted({*configured, *(record.name for record in campaigns.all(conn))})
    if name not in known:
        raise NotFound(
            f"campaign {name} does not exist{_near(name, known)}; `dialerd campaign list` shows those that do"
        )


def _near(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=2)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def name_of_list(database: Database, list_id: int, *, archived: bool = False) -> str:
    """The name of the list with this id, by which everything else asks for it. Raises NotFound; Refused for one that is
    archived, unless that is no matter, when another list has its name by now.
    """
    with database.read() as conn:
        record = lists.by_id(conn, list_id)
        if record is None or not list_ends.is_there(conn, list_id):
            raise NotFound(f"list {list_id} does not exist")
        holder = lists.get(conn, record.name)
        if not archived and record.archived_at is not None and holder is not None:
            raise Refused(
                f"list {record.name} (id {list_id}) is Archived, and another list has its name: bring it back under another "
                "name first"
            )
    return record.name
