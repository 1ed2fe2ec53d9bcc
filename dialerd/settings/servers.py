"""Whether the Asterisk servers of the settings and the trunks that are on them fit together."""

from __future__ import annotations

from collections.abc import Iterator

from dialerd.settings.model import ONE, Sections


def server_problems(sections: Sections) -> Iterator[str]:
    """What does not, `key: what is wrong; what is allowed`. `sections` are as they were read: what they do not name is not there."""
    known = [*sections.asterisks]
    if "asterisk" in sections.model_fields_set or not known:
        known.insert(0, ONE)
    if ONE in sections.asterisks:
        yield f"asterisks.{ONE}: that of [{ONE}] is called so; another name"
    for name, trunk in sections.trunks.items():
        if trunk.asterisk not in known:
            given = "asterisk" in trunk.model_fields_set
            what = f"{trunk.asterisk!r} is no Asterisk of this file" if given else "missing"
            yield f"trunks.{name}.asterisk: {what}; one of {', '.join(known)}"
