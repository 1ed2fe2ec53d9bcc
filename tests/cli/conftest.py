"""The command line on a configuration and a database of its own, without starting a process for every command."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from dialerd.cli.main import run
from dialerd.service import workers
from dialerd.store.database import Database
from harness.configuration import CAMPAIGN_TOML, DIALERD_TOML
from harness.prefork import Copies

THREE = "phone_number,first_name\n+14155551234,John\n+14155555678,Jane\n+442071838750,Siân\n"


@dataclass
class Answer:
    code: int
    out: str
    err: str


class Cli:
    """`dialerd --config CONFIG ARGUMENTS`, in this process."""

    def __init__(self, folder, capsys):
        self.folder = folder
        self.config = folder / "dialerd.toml"
        self.url = f"sqlite:///{folder}/dialerd.db"
        self._capsys = capsys

    def __call__(self, *arguments):
        self._capsys.readouterr()
        code = run(["--config", str(self.config), *map(str, arguments)])
        return Answer(code, *self._capsys.readouterr())

    def ok(self, *arguments):
        answer = self(*arguments)
        assert answer.code == 0, answer.err
        assert answer.err == ""
        return answer.out

    def json(self, *arguments):
        return json.loads(self.ok(*arguments, "--json"))

    def refused(self, code, *arguments):
        """The one line on standard error of a command that exits with `code` and says nothing else."""
        answer = self(*arguments)
        assert (answer.code, answer.out) == (code, ""), answer
        assert answer.err.count("\n") == 1
        assert answer.err.startswith("dialerd: ")
        return answer.err.strip().removeprefix("dialerd: ")

    def file(self, content, name="list.csv"):
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def campaign(self, name, hours="daily 00:00-24:00"):
        (self.folder / "campaigns.d" / f"{name}.toml").write_text(CAMPAIGN_TOML.format(name=name, hours=hours))

    def ready(self, name, content=THREE):
        """A list of that name with leads in it."""
        self.ok("list", "create", name)
        self.ok("list", "import", name, self.file(content))

    def write(self, work):
        """Runs work(connection, now) in a transaction of its own."""
        database = Database(self.url)
        try:
            with database.write() as conn:
                return work(conn, datetime.now(UTC))
        finally:
            database.close()


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory):
    """A SQLite file with nothing but the schema, to be copied: making it takes longer than most tests."""
    path = tmp_path_factory.mktemp("fresh") / "dialerd.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture
def cli(tmp_path, capsys, monkeypatch, fresh_database):
    for name in ("DIALERD_CONFIG", "DIALERD_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    # The workers are real; only the start of an interpreter for each of them is spared.
    monkeypatch.setattr(workers, "subprocess", Copies)
    (tmp_path / "campaigns.d").mkdir()
    (tmp_path / "dialerd.toml").write_text(DIALERD_TOML)
    shutil.copy(fresh_database, tmp_path / "dialerd.db")
    made = Cli(tmp_path, capsys)
    made.campaign("spring")
    return made
