"""What is refused is told on pages in words of the console: no commands, no options."""

import pytest

from dialerd.domain.errors import DialerdError
from dialerd.domain.lifecycle import CampaignAction
from dialerd.ingest.leadfile import Reading
from dialerd.service import campaigns, dnc, imports, lead_changes, list_life, list_versions, lists, previews, rollbacks
from dialerd.service.dnc import DncTerms, DncWish
from dialerd.service.list_rules import number_rules
from dialerd.web.pages.words import plain

PHONE = "+14155551234"
SPRING = {"configured": ("spring",), "actor": "test"}
SHELL = ("dialerd ", "--", "`")


class Desk:
    """A list called first with one lead, and ways to be refused."""

    def __init__(self, site, folder):
        self.site, self.database, self.folder = site, site.database, folder
        lists.create(self.database, "first", actor="test", now=site.now(), rules=number_rules(None))
        path = self.file(f"phone_number\n{PHONE}\n")
        imports.import_file(self.database, "first", path, Reading(), actor="test", clock=site.now)

    def file(self, text):
        path = self.folder / "leads.csv"
        path.write_bytes(text.encode("latin-1"))
        return path

    def preview(self, text, reading=None):
        path = self.file(text)
        previews.preview_for_list(self.database, "first", path, reading or Reading(), 5, now=self.site.now())

    def archived(self, deed):
        list_life.archive(self.database, "first", actor="test", now=self.site.now())
        if deed == "use":
            campaigns.assign(self.database, "spring", "first", now=self.site.now(), **SPRING)
        else:
            lists.create(self.database, "first", actor="test", now=self.site.now())
            list_life.unarchive(self.database, "first", actor="test", now=self.site.now())

    def reset_though_barred(self):
        now = self.site.now
        lead_changes.close(self.database, PHONE, reason="a test", actor="test", now=now())
        dnc.add(self.database, [PHONE], DncWish(), DncTerms(), clock=now, max_send_delay=0.0, **SPRING)
        lead_changes.reset(self.database, PHONE, actor="test", now=now())

    def assign_to_archived(self):
        now = self.site.now()
        campaigns.change(self.database, "spring", CampaignAction.ARCHIVE, now=now, **SPRING)
        campaigns.assign(self.database, "spring", "first", now=now, **SPRING)


@pytest.mark.parametrize(
    ("deed", "way_out"),
    [
        (lambda desk: lists.leads_of(desk.database, "second"), "does not exist; Lists shows those that do"),
        (lambda desk: list_versions.diff(desk.database, "first", 0, 9), "no version 9; Versions shows them"),
        (
            lambda desk: rollbacks.rollback(desk.database, "first", 9, actor="test", clock=desk.site.now),
            "no version 9; Versions shows them",
        ),
        (lambda desk: desk.archived("use"), "bring it back first"),
        (lambda desk: desk.archived("bring back"), "archive or delete that one first"),
        (
            lambda desk: lead_changes.add(desk.database, "first", PHONE, actor="test", now=desk.site.now()),
            "change that one on its page, with Edit",
        ),
        (
            lambda desk: lead_changes.edit(
                desk.database, PHONE, fields={"priority": "3"}, actor="test", now=desk.site.now()
            ),
            "it is given as its priority",
        ),
        (Desk.reset_though_barred, "if that is a mistake, take it off under Do-not-call"),
        (Desk.assign_to_archived, "unarchive it first"),
        (lambda desk: desk.preview("phone,mobile\n1,2\n"), "call one of them phone_number in the file"),
        (lambda desk: desk.preview("color\nred\n"), "call one of them phone_number in the file"),
        (lambda desk: desk.preview("phone_number\n1\n", Reading(sheet="x")), "leave the sheet empty"),
        (
            lambda desk: desk.preview("phone_number\nJos\xe9\n", Reading(encoding="utf-8")),
            "for example the encoding cp1252",
        ),
    ],
)
def test_a_page_names_pages_and_buttons_where_a_shell_is_told_commands(office, tmp_path, deed, way_out):
    desk = Desk(office.site, tmp_path)
    with pytest.raises(DialerdError) as refused:
        deed(desk)
    said = str(refused.value)
    assert any(word in said for word in SHELL)
    assert plain(said).endswith(way_out)
    assert [word for word in SHELL if word in plain(said)] == []


def test_what_names_no_command_is_told_as_it_is():
    said = "list first --now: is being imported into; wait, first, or cancel it"
    assert plain(said) == said
