"""How the numbers of a list are read, put together from what a person says and what the settings say."""

from __future__ import annotations

from collections.abc import Collection

from dialerd.domain.allowed import ORDINARY, Allowed, read_countries, read_kinds
from dialerd.domain.errors import BadInput
from dialerd.domain.phone import NumberRules, PhonePolicy, is_region


def number_rules(
    region: str | None = None,
    policy: PhonePolicy | None = None,
    *,
    kinds: Collection[str] | None = None,
    countries: Collection[str] | None = None,
    defaults: Allowed = ORDINARY,
) -> NumberRules:
    """The rules of a list with this region. Without a policy it is clean when there is a region and strict when not.
    Without kinds and countries those of the settings hold (`defaults`), and where these name no country, that of the
    region; without a region numbers of every country are taken. Raises BadInput for what there is not.
    """
    home = read_region(region) if region else None
    if countries is not None:
        only = read_countries(countries)
    else:
        only = defaults.countries or (frozenset({home}) if home else frozenset())
    allowed = Allowed(defaults.kinds if kinds is None else read_kinds(kinds), only)
    return NumberRules(policy or (PhonePolicy.CLEAN if home else PhonePolicy.STRICT), home, allowed)


def read_region(text: str) -> str:
    """The code of a country. Raises BadInput."""
    code = text.strip().upper()
    if not is_region(code):
        raise BadInput(f"region {text!r}: is not a country code of two letters (ISO 3166), such as US, GB or DE")
    return code
