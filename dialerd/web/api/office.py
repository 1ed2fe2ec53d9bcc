"""Who may do what, what was done, and the mappings that files come with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field, StrictInt

from dialerd.domain.people import Role
from dialerd.service import deeds, mappings, people, tokens
from dialerd.service.people import LINK_LASTS, LONGEST_LINK, Link
from dialerd.service.tokens import LONGEST, NewToken
from dialerd.store.api_tokens import TokenRecord
from dialerd.store.audit import AuditEntry
from dialerd.store.mappings import MappingRecord
from dialerd.store.people import UserRecord
from dialerd.web import paging
from dialerd.web.paging import Cursor, Limit, Page
from dialerd.web.people import Admin, Here, Operator, Viewer
from dialerd.web.routes import ApiRoute, SecretRoute
from dialerd.web.values import Form, Short, Text

router = APIRouter(route_class=ApiRoute)
secret = APIRouter(route_class=SecretRoute)

PersonName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._@-]{0,63}$")]
Columns = Annotated[Mapping[Short, Short], Field(min_length=1, max_length=500)]


class NewUser(Form):
    """Somebody who may log in; without a password only by links."""

    name: Short
    role: Role
    password: Text | None = Field(None, max_length=1000)


class Password(Form):
    """Another password."""

    password: Text = Field(max_length=1000)


class NewRole(Form):
    """Another role."""

    role: Role


class Lasting(Form):
    """How long a link may be used, in seconds."""

    lasts: Annotated[StrictInt, Field(ge=1, le=int(LONGEST_LINK.total_seconds()))] = int(LINK_LASTS.total_seconds())


class TokenWish(Form):
    """A token to be made, and how many seconds it holds."""

    name: Short
    role: Role
    lasts: Annotated[StrictInt, Field(ge=1, le=int(LONGEST.total_seconds()))] = 90 * 86400


class NewMapping(Form):
    """Titles of columns and the fields they become; "-" leaves one out."""

    name: Short
    columns: Columns


class Forgotten(BaseModel):
    """The name of what is gone."""

    name: str


@router.get("/audit", tags=["audit"])
def audit(
    site: Here,
    _asker: Viewer,
    subject: Annotated[Short | None, Query(description="Such as `list spring` or `lead 7`.")] = None,
    actor: Annotated[Short | None, Query()] = None,
    action: Annotated[Short | None, Query(description="Such as `campaign.start`, or `refused`.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AuditEntry]:
    """Who did what, when, from where, and every attempt that was refused; the newest first."""
    before = paging.read_number(cursor)
    found = deeds.deeds(site.database, subject=subject, actor=actor, action=action, limit=limit + 1, before=before)
    return paging.page(found, limit, lambda deed: deed.entry_id)


@router.get("/mappings", tags=["mappings"])
def all_mappings(site: Here, _asker: Viewer) -> list[MappingRecord]:
    """The saved mappings by name."""
    return mappings.overview(site.database)


@router.post("/mappings", tags=["mappings"])
def save_mapping(site: Here, asker: Operator, wanted: NewMapping) -> MappingRecord:
    """Saves a mapping, in place of the one that has its name."""
    return mappings.save(site.database, wanted.name, wanted.columns, actor=asker.name, now=site.now())


@router.delete("/mappings", tags=["mappings"])
def forget_mapping(site: Here, asker: Operator, name: Annotated[Short, Query()]) -> Forgotten:
    """Forgets a mapping; lists imported with it stay as they are."""
    mappings.delete(site.database, name, actor=asker.name, now=site.now())
    return Forgotten(name=name)


@router.get("/users", tags=["people"])
def users(site: Here, _asker: Admin) -> list[UserRecord]:
    """Who may log in."""
    return people.overview(site.database)


@secret.post("/users", tags=["people"], status_code=201)
def add_user(site: Here, asker: Admin, wanted: NewUser) -> UserRecord:
    """Adds a user."""
    return people.add(
        site.database, wanted.name, wanted.role, password=wanted.password, actor=asker.name, now=site.now()
    )


@secret.post("/users/{name}/password", tags=["people"])
def set_password(site: Here, asker: Admin, name: PersonName, wanted: Password) -> UserRecord:
    """Gives another password; every session of the user ends."""
    return people.set_password(site.database, name, wanted.password, **_by(site, asker))


@router.post("/users/{name}/role", tags=["people"])
def set_role(site: Here, asker: Admin, name: PersonName, wanted: NewRole) -> UserRecord:
    """Gives another role, which holds at once. The last admin stays one."""
    return people.set_role(site.database, name, wanted.role, **_by(site, asker))


@router.post("/users/{name}/disable", tags=["people"])
def disable(site: Here, asker: Admin, name: PersonName) -> UserRecord:
    """Shuts the user out, at once."""
    return people.disable(site.database, name, **_by(site, asker))


@router.post("/users/{name}/enable", tags=["people"])
def enable(site: Here, asker: Admin, name: PersonName) -> UserRecord:
    """Lets the user in again."""
    return people.enable(site.database, name, **_by(site, asker))


@secret.post("/users/{name}/link", tags=["people"], status_code=201)
def link(site: Here, asker: Admin, name: PersonName, wanted: Lasting | None = None) -> Link:
    """A link that logs the user in once: /login/link?key= and the secret, which is shown here and never again."""
    lasts = timedelta(seconds=(wanted or Lasting()).lasts)
    return people.link(site.database, name, lasts=lasts, **_by(site, asker))


@router.get("/tokens", tags=["people"])
def all_tokens(site: Here, _asker: Admin) -> list[TokenRecord]:
    """The tokens there are, and were."""
    return tokens.overview(site.database)


@secret.post("/tokens", tags=["people"], status_code=201)
def add_token(site: Here, asker: Admin, wanted: TokenWish) -> NewToken:
    """Makes a token; its secret is shown here and never again."""
    return tokens.add(
        site.database, wanted.name, wanted.role, lasts=timedelta(seconds=wanted.lasts), **_by(site, asker)
    )


@router.post("/tokens/{name}/revoke", tags=["people"])
def revoke(site: Here, asker: Admin, name: PersonName) -> TokenRecord:
    """Ends a token at once."""
    return tokens.revoke(site.database, name, **_by(site, asker))


def _by(site: Here, asker: Admin) -> dict[str, Any]:
    return {"actor": asker.name, "now": site.now()}
