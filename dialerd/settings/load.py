"""TOML files -> one Settings, or a ConfigError that lists every mistake of every file at once."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import SecretStr, ValidationError

from dialerd.domain.compliance import Profile
from dialerd.domain.dispositions import SYSTEM, Catalogue
from dialerd.domain.errors import ConfigError
from dialerd.settings.campaign import Campaign
from dialerd.settings.context import Context
from dialerd.settings.database_url import below, has_password, read_url
from dialerd.settings.dispositions import read_catalogue
from dialerd.settings.freeze import FreezeCodes
from dialerd.settings.freeze import pin as read_pin
from dialerd.settings.model import CONFIG_FOLDER, Asterisk, Database, Sections, Settings
from dialerd.settings.problems import told
from dialerd.settings.profile_form import ProfileForm
from dialerd.settings.profiles import Profiles, shipped_names
from dialerd.settings.section import Section
from dialerd.settings.servers import server_problems
from dialerd.settings.values import nearest
from dialerd.settings.values import secret as read_secret

DEFAULT_FILE = CONFIG_FOLDER / "dialerd.toml"

S = TypeVar("S", bound=Section)
_SECRETS = {("asterisk", "secret"), ("freeze", "pin"), ("freeze", "thaw_pin")}


def load(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of `path`, else of the file DIALERD_CONFIG names, else of /etc/dialerd/dialerd.toml, else defaults.

    DIALERD_DATABASE_URL overrides `database.url`. Raises ConfigError with every mistake as one line,
    `file: key: what is wrong; what is allowed`. Nothing is created or opened but the files themselves.
    """
    file = path or (Path(environment["DIALERD_CONFIG"]) if environment.get("DIALERD_CONFIG") else None)
    if file is None and DEFAULT_FILE.exists():
        file = DEFAULT_FILE
    loader = _Loader(file.absolute() if file else None)
    return loader.load(environment.get("DIALERD_DATABASE_URL"))


class _Loader:
    """One reading of all files; `problems` grows as they are read."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.problems: list[str] = []

    def load(self, database_url: str | None) -> Settings:
        raw = self._toml(self.file) if self.file else {}
        sections = self._valid(self.file, Sections, raw) if raw is not None else None
        sections = self._resolved(sections) if sections else None
        if database_url:
            sections = self._with_database(sections, database_url)
        if self.file and raw and _holds_password(raw):
            self._private(self.file, "holds a password")
        dispositions = self._dispositions(sections, raw)
        campaigns = self._campaigns(sections, raw, dispositions)
        if self.problems or sections is None:
            raise ConfigError(self.problems)
        tables = {name: getattr(sections, name) for name in Sections.model_fields}
        return Settings(**tables, dispositions=dispositions, campaigns=MappingProxyType(campaigns), source=self.file)

    def _toml(self, file: Path) -> dict[str, Any] | None:
        text = ""
        try:
            text = file.read_bytes().decode("utf-8-sig")
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            last = f"at line {len(text.splitlines())}, the last one"
            self._say(file, f"not TOML: {str(error).replace('at end of document', last)}")
        except UnicodeDecodeError as error:
            self._say(file, f"not UTF-8: byte {error.start + 1}; save it as UTF-8")
        except FileNotFoundError:
            self._say(file, "no such file; give another with --config or DIALERD_CONFIG")
        except OSError as error:
            self._say(file, f"cannot be read: {error.strerror}; a file that this user may read")
        return None

    def _valid(self, file: Path | None, model: type[S], raw: Mapping[str, Any], context: object = None) -> S | None:
        try:
            return model.model_validate(raw, context=context)
        except ValidationError as error:
            for problem in told(model, error):
                self._say(file, problem)
            return None

    def _resolved(self, sections: Sections) -> Sections:
        """Relative paths made absolute, the secret read from its file."""
        if self.file is None:
            return sections
        base = self.file.parent
        given = sections.paths.model_fields_set
        paths = sections.paths.model_copy(
            update={
                "state_dir": base / sections.paths.state_dir,
                "campaigns": base / (sections.paths.campaigns if "campaigns" in given else "campaigns.d"),
                "dispositions": base
                / (sections.paths.dispositions if "dispositions" in given else "dispositions.toml"),
                "agi_scripts": base / (sections.paths.agi_scripts if "agi_scripts" in given else "agi"),
                "compliance": base / (sections.paths.compliance if "compliance" in given else "compliance.d"),
            }
        )
        url = below(sections.database.url, base)
        given = sections.model_fields_set
        one = self._with_secret("asterisk", sections.asterisk, required="asterisk" in given)
        more = {
            name: self._with_secret(f"asterisks.{name}", it, required=True) for name, it in sections.asterisks.items()
        }
        for problem in server_problems(sections):
            self._say(self.file, problem)
        freeze = self._codes(sections.freeze, base)
        servers = {"asterisk": one, "asterisks": MappingProxyType(more)}
        tables = {"paths": paths, "database": Database(url=url), "freeze": freeze, **servers}
        return sections.model_copy(update=tables)

    def _with_secret(self, key: str, asterisk: Asterisk, *, required: bool) -> Asterisk:
        """With the secret of its file."""
        if asterisk.secret_file is not None and asterisk.secret is not None:
            self._say(self.file, f"{key}.secret: given, and secret_file too; one of them")
        elif asterisk.secret_file is not None and self.file is not None:
            secret = self._secret(f"{key}.secret_file", self.file.parent / asterisk.secret_file, read_secret)
            return asterisk.model_copy(update={"secret": secret})
        elif required and asterisk.secret is None:
            self._say(self.file, f"{key}.secret: missing; the manager user's secret, or secret_file with its path")
        return asterisk

    def _codes(self, freeze: FreezeCodes, base: Path) -> FreezeCodes:
        """The codes of the telephone, those in files read."""
        for key, code, file in (
            ("pin", freeze.pin, freeze.pin_file),
            ("thaw_pin", freeze.thaw_pin, freeze.thaw_pin_file),
        ):
            if file is not None and code is not None:
                self._say(self.file, f"freeze.{key}: given, and {key}_file too; one of them")
            elif file is not None:
                read = self._secret(f"freeze.{key}_file", base / file, read_pin)
                freeze = freeze.model_copy(update={key: read})
        if freeze.problem is not None:
            self._say(self.file, f"freeze: {freeze.problem}")
        return freeze

    def _secret(self, key: str, file: Path, read: Callable[[object], SecretStr]) -> SecretStr | None:
        try:
            text = file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not text"
            self._say(self.file, f"{key}: {file} cannot be read: {reason}; the path of a readable file")
            return None
        self._private(file, f"is {key}")
        try:
            return read(text)
        except ValueError as error:
            self._say(file, f"the secret {error}")
            return None

    def _private(self, file: Path, why: str) -> None:
        """Others must not read it. A file of root's may be read by its group, so that root writes what dialerd reads."""
        status = file.stat()
        allowed = 0o640 if status.st_uid == 0 else 0o600
        if stat.S_IMODE(status.st_mode) & ~allowed & 0o077:
            self._say(file, f"{why} and others can read it; run: chmod {allowed:o} {file}")

    def _with_database(self, sections: Sections | None, url: str) -> Sections | None:
        try:
            database = Database.model_construct(url=below(read_url(url), Path.cwd()))
        except ValueError as error:
            self.problems.append(f"DIALERD_DATABASE_URL: {error}")
            return sections
        return sections.model_copy(update={"database": database}) if sections else None

    def _dispositions(self, sections: Sections | None, raw: Mapping[str, Any] | None) -> Catalogue:
        """The catalogue. Without its file, unless that is named, there are the system's dispositions."""
        if self.file is None:
            return SYSTEM
        file = sections.paths.dispositions if sections is not None else self.file.parent / "dispositions.toml"
        if not file.exists():
            paths = (raw or {}).get("paths")
            if isinstance(paths, Mapping) and "dispositions" in paths:
                self._say(self.file, f"paths.dispositions: {file} is not there; a file of dispositions")
            return SYSTEM
        catalogue, problems = read_catalogue(self._toml(file) or {})
        for problem in problems:
            self._say(file, problem)
        return catalogue

    def _campaigns(
        self, sections: Sections | None, raw: Mapping[str, Any] | None, dispositions: Catalogue
    ) -> dict[str, Campaign]:
        """By name. Read even when the main file is wrong, so that all mistakes are told in one go."""
        if self.file is None:
            return {}
        folder = self._folder(self.file, sections, raw or {})
        profiles = sections.paths.compliance if sections else self.file.parent / "compliance.d"
        context = Context(dispositions, self._profiles(profiles, Context(dispositions)))
        found: dict[str, Campaign] = {}
        files: dict[object, Path] = {}
        for file in sorted(folder.glob("*.toml")):
            content = self._toml(file)
            if content is None:
                continue
            campaign = self._valid(file, Campaign, content, context)
            if raw is not None:
                self._check_trunks(file, content.get("trunks"), raw.get("trunks"))
            first = files.setdefault(str(content.get("name")), file)
            if first != file and "name" in content:
                self._say(file, f"name: {content['name']!r} is the name in {first} too; each name once")
            elif campaign is not None:
                found[campaign.name] = _with_defaults(campaign, sections)
        return found

    def _profiles(self, folder: Path, context: Context) -> Profiles:
        """The admin's own compliance profiles. A faulty one is told and left out: campaigns that name it say so too."""
        own: dict[str, Profile] = {}
        for file in sorted(folder.glob("*.toml")):
            content = self._toml(file)
            form = None if content is None else self._valid(file, ProfileForm, content, context)
            if form is None:
                continue
            if form.name in own or form.name in shipped_names():
                self._say(file, f"name: {form.name!r} is the name of another profile; each name once")
            else:
                own[form.name] = form.finished()
        return Profiles(MappingProxyType(own))

    def _check_trunks(self, file: Path, wanted: object, defined: object) -> None:
        known = [str(name) for name in defined] if isinstance(defined, Mapping) else []
        for name in wanted if isinstance(wanted, list) else []:
            if isinstance(name, str) and name not in known:
                allowed = f"one of {', '.join(known)}" if known else "none is defined there yet"
                self._say(file, f"trunks: {name!r} is no trunk of {self.file}; {allowed}{nearest(name, known)}")

    def _folder(self, main: Path, sections: Sections | None, raw: Mapping[str, Any]) -> Path:
        paths = raw.get("paths")
        given = paths.get("campaigns") if isinstance(paths, Mapping) else None
        if not isinstance(given, str):
            return main.parent / "campaigns.d"
        folder = sections.paths.campaigns if sections else main.parent / given
        if not folder.is_dir():
            self._say(main, f"paths.campaigns: {folder} is no folder; a folder of campaign files")
        return folder

    def _say(self, file: Path | None, problem: str) -> None:
        self.problems.append(f"{file}: {problem}" if file else problem)


def _holds_password(raw: Mapping[str, Any]) -> bool:
    given = {(table, key) for table, keys in raw.items() if isinstance(keys, Mapping) for key in keys}
    database, servers = raw.get("database"), raw.get("asterisks")
    others = servers.values() if isinstance(servers, Mapping) else ()
    return (
        not given.isdisjoint(_SECRETS)
        or any(isinstance(server, Mapping) and "secret" in server for server in others)
        or (isinstance(database, Mapping) and has_password(str(database.get("url"))))
    )


def _with_defaults(campaign: Campaign, sections: Sections | None) -> Campaign:
    """The engine's waits, where the campaign does not give its own."""
    if sections is None:
        return campaign
    engine = {"unknown_hold": sections.engine.unknown_hold, "uncounted_wait": sections.engine.uncounted_wait}
    return campaign.model_copy(update={k: v for k, v in engine.items() if k not in campaign.model_fields_set})
