"""Files over HTTP: looked at, tried, imported, undone, and given back."""

import pytest

from dialerd.domain.people import Role
from harness.waiting import wait_for

FOUR = "phone_number,first_name\n+14155551234,John\n+14155555678,Jane\n+442071838750,Siân\nnobody,Bad\n".encode()


@pytest.fixture
def api(office):
    return office.program(Role.OPERATOR)


@pytest.fixture
def list_id(api):
    return api.post("/lists", json={"name": "spring"}).json()["list_id"]


def bring(api, list_id, content=FOUR, **wishes):
    answer = api.post(f"/lists/{list_id}/imports", content=content, params=wishes)
    assert answer.status_code == 202, answer.text
    return answer.json()["version"]


def test_a_preview_shows_columns_and_rows_and_stores_nothing(api, list_id, office):
    found = api.post(f"/lists/{list_id}/previews", content=FOUR, params={"column": "first_name=company"}).json()
    assert [(column["title"], column["field"]) for column in found["columns"]] == [
        ("phone_number", "phone_number"),
        ("first_name", "company"),
    ]
    assert (found["rows"], found["usable"], found["rejected"]) == (4, 3, 1)
    assert api.post("/previews", content=FOUR, params={"region": "us"}).json()["region"] == "US"
    assert api.get(f"/lists/{list_id}/versions").json()["items"] == []
    assert list(office.site.uploads.iterdir()) == []


def test_a_dry_run_counts_every_row_and_writes_nothing(api, list_id):
    rows = api.post(f"/lists/{list_id}/dry-runs", content=FOUR).json()["rows"]
    assert (rows["rows"], rows["imported"], rows["rejected"]) == (4, 3, 1)
    assert api.get(f"/lists/{list_id}").json()["status"] == "draft"


def test_an_import_accounts_for_every_row_and_gives_the_rejected_ones_back(api, list_id):
    version = bring(api, list_id, file_name="people.csv")
    assert (version["state"], version["file"], version["rows"]) == ("armed", "people.csv", 4)
    (bad,) = api.get(f"/lists/{list_id}/versions/1/rejected").json()["items"]
    assert (bad["line"], bad["text"]) == (5, "nobody,Bad")
    file = api.get(f"/lists/{list_id}/versions/1/rejected.csv")
    assert "nobody,Bad" in file.text
    assert file.headers["content-disposition"].startswith('attachment; filename="spring-1.rejects.csv"')
    assert api.get(f"/lists/{list_id}/versions/1/original").content == FOUR


def test_a_large_file_is_imported_by_a_process_of_its_own_while_the_answer_is_there(api, list_id):
    rows = "".join(f"+1415555{number:04d},{'x' * 60}\n" for number in range(4000))
    version = bring(api, list_id, f"phone_number,first_name\n{rows}".encode())
    where = f"/lists/{list_id}/versions/{version['number']}"
    done = wait_for(lambda: (found := api.get(where).json())["state"] == "armed" and found, "the import", 60)
    assert done["rows"] == done["imported"] + done["rejected"] == 4000


def test_a_file_without_a_number_fails_as_a_whole_and_the_version_says_why(api, list_id):
    version = bring(api, list_id, b"name\nJohn\n")
    assert version["state"] == "failed"
    assert "phone_number" in version["error"]


def test_the_same_file_with_the_same_key_is_one_version(api, list_id):
    for _ in range(2):
        answer = api.post(f"/lists/{list_id}/imports", content=FOUR, headers={"Idempotency-Key": "file-1"})
        assert answer.status_code == 202
    other = api.post(f"/lists/{list_id}/imports", content=FOUR + b"\n", headers={"Idempotency-Key": "file-1"})
    assert other.status_code == 422
    assert len(api.get(f"/lists/{list_id}/versions").json()["items"]) == 1


def test_versions_are_compared_rolled_back_and_taken_back(api, list_id):
    bring(api, list_id)
    bring(
        api,
        list_id,
        b"phone_number,first_name\n+14155551234,Johnny\n+14155559999,New\n",
        mode="replace",
        duplicates="update",
    )
    found = api.get(f"/lists/{list_id}/difference", params={"before": 1, "after": 2}).json()
    assert (found["added"], found["changed"], found["withdrawn"]) == (1, 1, 2)
    assert api.post(f"/lists/{list_id}/versions/1/rollback").json()["version"] == 3
    assert api.post(f"/lists/{list_id}/undo").json()["current"] == 2
    versions = api.get(f"/lists/{list_id}/versions", params={"limit": 2}).json()
    assert [version["number"] for version in versions["items"]] == [3, 2]
    rest = api.get(f"/lists/{list_id}/versions", params={"cursor": versions["next"]}).json()["items"]
    assert [version["number"] for version in rest] == [1]


def test_a_file_that_is_too_large_is_refused_and_nothing_stays(api, list_id, office):
    web = office.site.settings.web.model_copy(update={"largest_upload": 1000})
    office.site.settings = office.site.settings.model_copy(update={"web": web})
    assert api.post(f"/lists/{list_id}/imports", content=b"x" * 1001).status_code == 413
    assert list(office.site.uploads.iterdir()) == []


@pytest.mark.parametrize("name", ["../x.csv", "a/b", "", "x" * 201, "..", "a\u0000b"])
def test_a_file_name_is_no_way_to_another_place(api, list_id, name, office):
    answer = api.post(f"/lists/{list_id}/imports", content=FOUR, params={"file_name": name})
    if name == "":
        assert answer.json()["version"]["file"] == "upload"
    else:
        assert answer.status_code == 422
    assert [path.name for path in office.site.settings.paths.state_dir.iterdir() if path.suffix == ".csv"] == []


def test_who_may_not_upload_has_not_uploaded(office, list_id):
    viewer = office.program(Role.VIEWER)
    assert viewer.post(f"/lists/{list_id}/imports", content=FOUR).status_code == 403
    assert not (office.site.settings.paths.state_dir / "uploads").exists()
