"""Who asks."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from dialerd.domain.people import Role
from dialerd.web.people import Viewer, csrf_token, secret_of

router = APIRouter(tags=["session"])


class Session(BaseModel):
    """Who asks, and until when."""

    name: str = Field(description="The user, or `token` and the name of the token.")
    role: Role
    expires_at: datetime
    csrf_token: str | None = Field(description="To be shown by what writes with the cookie of a login.")


@router.get("/session")
def show(request: Request, asker: Viewer) -> Session:
    """Who you are to this server, and what you may do."""
    secret = None if asker.key.startswith("token:") else secret_of(request)
    return Session(
        name=asker.name,
        role=asker.role,
        expires_at=asker.until,
        csrf_token=csrf_token(secret) if secret else None,
    )
