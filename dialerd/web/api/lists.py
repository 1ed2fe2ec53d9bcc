"""Lists: found, made, described, put away, assigned."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Response
from pydantic import Field

from dialerd.domain.allowed import Allowed, read_countries, read_kinds
from dialerd.domain.errors import BadInput
from dialerd.domain.lifecycle import ListStatus
from dialerd.domain.phone import NumberRules, PhonePolicy
from dialerd.service import campaigns, list_life, lists, statistics
from dialerd.service.list_life import Copied, Removed
from dialerd.service.list_rules import number_rules, read_region
from dialerd.service.lists import EditedList, ListView
from dialerd.service.names import name_of_list
from dialerd.service.out_of_reach import OutOfReach, of_list
from dialerd.service.statistics import Statistics
from dialerd.web import etags, paging
from dialerd.web.etags import IfMatch
from dialerd.web.paging import Cursor, Limit, Page
from dialerd.web.people import Here, Operator, Viewer
from dialerd.web.routes import ApiRoute
from dialerd.web.site import Site
from dialerd.web.values import Form, ListId, Short, Text

V = TypeVar("V", bound=ListView)

router = APIRouter(prefix="/lists", tags=["lists"], route_class=ApiRoute)

Names = Annotated[list[Short], Field(max_length=300)]


class NewList(Form):
    """A list to be made. Without a policy it is clean with a region, and strict without one."""

    name: Short
    description: Short = ""
    region: Short | None = Field(None, description="The country whose national numbers are understood, such as US.")
    policy: PhonePolicy | None = None
    countries: Names | None = Field(None, description='Numbers of these countries only; ["any"]: of every one.')
    kinds: Names | None = Field(None, description="Kinds of numbers that are refused otherwise.")


class ListEdit(Form):
    """What is to be another one; what is left out stays. The rules hold from the next import on."""

    description: Short | None = None
    region: Short | None = Field(None, description="An empty text: national numbers of no country.")
    policy: PhonePolicy | None = None
    countries: Names | None = None
    kinds: Names | None = None

    def change(self, rules: NumberRules) -> NumberRules:
        """The rules with what this says. Raises BadInput."""
        now = rules.allowed
        return replace(
            rules,
            policy=self.policy or rules.policy,
            region=rules.region if self.region is None else (read_region(self.region) if self.region else None),
            allowed=Allowed(
                now.kinds if self.kinds is None else read_kinds(self.kinds),
                now.countries if self.countries is None else read_countries(self.countries),
            ),
        )


class NewName(Form):
    """The name of a list."""

    name: Short | None = None


class CopyName(Form):
    """The name of the copy."""

    name: Short


class Assignment(Form):
    """Which campaign."""

    campaign: Text = Field(max_length=64)


class Assigned(Form):
    """The list as it is then, and those of its leads that the campaign never calls."""

    list: ListView
    out_of_reach: tuple[OutOfReach, ...]


@router.get("")
def overview(
    site: Here,
    _asker: Viewer,
    search: Annotated[Short | None, Query(description="Lists whose name contains it, in any case.")] = None,
    name: Annotated[Short | None, Query(description="The list of exactly this name.")] = None,
    status: Annotated[list[ListStatus] | None, Query(max_length=20, description="Lists with one of these.")] = None,
    archived: Annotated[bool, Query(description="Archived ones too.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ListView]:
    """Lists by name."""
    after = _placed(paging.read_text(cursor))
    found = lists.overview(
        site.database,
        now=site.now(),
        search=search if name is None else name,
        statuses=status or (),
        archived=archived,
        campaigns=site.campaigns,
    )
    # Archived lists may share a name, so that a place is a name and an id.
    fit = sorted((view.name, view.list_id) for view in found if name in (None, view.name))
    by_id = {view.list_id: view for view in found}
    rest = [by_id[number] for title, number in fit if after is None or (title, number) > after]
    return paging.page(rest[: limit + 1], limit, lambda view: f"{view.name}/{view.list_id}")


@router.post("", status_code=201)
def create(site: Here, asker: Operator, wanted: NewList, response: Response) -> ListView:
    """Makes an empty list."""
    defaults = site.settings.lists.allowed
    rules = number_rules(
        wanted.region, wanted.policy, kinds=wanted.kinds, countries=wanted.countries, defaults=defaults
    )
    made = lists.create(
        site.database, wanted.name, description=wanted.description, rules=rules, actor=asker.name, now=site.now()
    )
    response.headers["Location"] = f"/api/v1/lists/{made.list_id}"
    return _tagged(response, made)


@router.get("/{list_id}")
def show(site: Here, _asker: Viewer, list_id: ListId, response: Response) -> ListView:
    """One list."""
    return _tagged(response, _view(site, list_id))


@router.patch("/{list_id}")
def edit(
    site: Here, asker: Operator, list_id: ListId, wanted: ListEdit, response: Response, if_match: IfMatch = None
) -> EditedList:
    """Describes it otherwise, or changes by which rules numbers are read from the next import on."""
    if not wanted.model_dump(exclude_none=True):
        raise BadInput("nothing to change: give description, region, policy, countries or kinds")
    name = name_of_list(site.database, list_id)
    check = etags.checker(if_match, f"list {name}")
    made = lists.edit(
        site.database,
        name,
        actor=asker.name,
        now=site.now(),
        description=wanted.description,
        change=wanted.change,
        check=lambda description, rules: check(_tag_of(list_id, description, rules)),
    )
    return _tagged(response, made)


@router.delete("/{list_id}")
def delete(
    site: Here,
    asker: Operator,
    list_id: ListId,
    name: Annotated[Short, Query(description="The list's name, once more: this cannot be undone.")],
) -> Removed:
    """Removes the list for good, with its leads, versions and files. What was dialed stays in the ledger."""
    found = name_of_list(site.database, list_id, archived=True)
    return list_life.delete(site.database, found, repeated=name, actor=asker.name, clock=site.now, list_id=list_id)


@router.post("/{list_id}/archive")
def archive(site: Here, asker: Operator, list_id: ListId) -> ListView:
    """Hides the list. It is not dialed and cannot be assigned; all of it stays."""
    list_life.archive(site.database, name_of_list(site.database, list_id), actor=asker.name, now=site.now())
    return _view(site, list_id)


@router.post("/{list_id}/unarchive")
def unarchive(site: Here, asker: Operator, list_id: ListId, wanted: NewName | None = None) -> ListView:
    """Shows the list again; under another name when its own was taken meanwhile."""
    name = name_of_list(site.database, list_id, archived=True)
    list_life.unarchive(
        site.database,
        name,
        actor=asker.name,
        now=site.now(),
        new_name=wanted.name if wanted else None,
        list_id=list_id,
    )
    return _view(site, list_id)


@router.post("/{list_id}/copy", status_code=201)
def copy(site: Here, asker: Operator, list_id: ListId, wanted: CopyName) -> Copied:
    """A new list with the leads of this one, none of them dialed yet."""
    name = name_of_list(site.database, list_id)
    return list_life.copy(
        site.database,
        name,
        wanted.name,
        actor=asker.name,
        clock=site.now,
        dispositions=site.settings.dispositions,
    )


@router.post("/{list_id}/assign")
def assign(site: Here, asker: Operator, list_id: ListId, wanted: Assignment) -> Assigned:
    """Puts it at the end of the campaign's lists. Only Ready or Used lists can be assigned."""
    name = name_of_list(site.database, list_id)
    campaigns.assign(site.database, wanted.campaign, name, configured=site.campaigns, actor=asker.name, now=site.now())
    beyond = of_list(site.database, name, campaigns=site.campaigns, now=site.now())
    return Assigned(list=_view(site, list_id), out_of_reach=beyond)


@router.post("/{list_id}/unassign")
def unassign(site: Here, asker: Operator, list_id: ListId) -> ListView:
    """Takes it from its campaign. Not while that is Active."""
    name = name_of_list(site.database, list_id)
    campaigns.unassign(site.database, None, name, configured=site.campaigns, actor=asker.name, now=site.now())
    return _view(site, list_id)


@router.get("/{list_id}/statistics")
def figures(site: Here, _asker: Viewer, list_id: ListId) -> Statistics:
    """Where its leads are, in a funnel whose parts add up, and what came of the calls."""
    return statistics.of_list(
        site.database,
        name_of_list(site.database, list_id),
        campaigns=site.campaigns,
        now=site.now(),
        dispositions=site.settings.dispositions,
    )


def _placed(cursor: str | None) -> tuple[str, int] | None:
    if cursor is None:
        return None
    name, _, number = cursor.rpartition("/")
    if not (number.isascii() and number.isdigit() and len(number) < 20):
        raise paging.bad_cursor()
    return name, int(number)


def _view(site: Site, list_id: int) -> ListView:
    name = name_of_list(site.database, list_id)
    return lists.show(site.database, name, now=site.now(), campaigns=site.campaigns).view


def _tagged(response: Response, view: V) -> V:
    facts = (view.policy, view.region, list(view.kinds), list(view.countries))
    response.headers["ETag"] = etags.tag(view.list_id, view.description, *facts)
    return view


def _tag_of(list_id: int, description: str, rules: NumberRules) -> str:
    facts = (rules.policy.value, rules.region, sorted(rules.allowed.kinds), sorted(rules.allowed.countries))
    return etags.tag(list_id, description, *facts)
