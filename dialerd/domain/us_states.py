"""States and territories of the United States: names, time zones, and the ZIP codes that lie in them. Data.

Sources, read on 2026-11-25. Zones: the counties' zones as the IANA time zone database has them (a state that has
several is given with all of them, Arizona with the zone of the Navajo Nation, Nevada with that of West Wendover). ZIP
codes: the United States Postal Service's three-digit prefixes, compared with the 42,789 codes of the package zipcodes
3.0.0; a prefix that reaches a few hundred people of a neighbouring state counts for its own one.
"""

from __future__ import annotations

STATE_NAMES = {
    "AK": "alaska",
    "AL": "alabama",
    "AR": "arkansas",
    "AS": "american samoa",
    "AZ": "arizona",
    "CA": "california",
    "CO": "colorado",
    "CT": "connecticut",
    "DC": "district of columbia",
    "DE": "delaware",
    "FL": "florida",
    "GA": "georgia",
    "GU": "guam",
    "HI": "hawaii",
    "IA": "iowa",
    "ID": "idaho",
    "IL": "illinois",
    "IN": "indiana",
    "KS": "kansas",
    "KY": "kentucky",
    "LA": "louisiana",
    "MA": "massachusetts",
    "MD": "maryland",
    "ME": "maine",
    "MI": "michigan",
    "MN": "minnesota",
    "MO": "missouri",
    "MP": "northern mariana islands",
    "MS": "mississippi",
    "MT": "montana",
    "NC": "north carolina",
    "ND": "north dakota",
    "NE": "nebraska",
    "NH": "new hampshire",
    "NJ": "new jersey",
    "NM": "new mexico",
    "NV": "nevada",
    "NY": "new york",
    "OH": "ohio",
    "OK": "oklahoma",
    "OR": "oregon",
    "PA": "pennsylvania",
    "PR": "puerto rico",
    "RI": "rhode island",
    "SC": "south carolina",
    "SD": "south dakota",
    "TN": "tennessee",
    "TX": "texas",
    "UT": "utah",
    "VA": "virginia",
    "VI": "virgin islands",
    "VT": "vermont",
    "WA": "washington",
    "WI": "wisconsin",
    "WV": "west virginia",
    "WY": "wyoming",
}
"""By the postal abbreviation, which is also the second half of ISO 3166-2. Names in lower case."""

_STATES_OF_ZONE = {
    "America/New_York": "CT DC DE FL GA KY MA MD ME NC NH NJ NY OH PA RI SC TN VA VT WV",
    "America/Chicago": "AL AR FL IA IL IN KS KY LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "AZ CO KS MT ND NE NM NV SD TX UT WY",
    "America/Los_Angeles": "CA ID NV OR WA",
    "America/Adak": "AK",
    "America/Anchorage": "AK",
    "America/Boise": "ID OR",
    "America/Detroit": "MI",
    "America/Indiana/Indianapolis": "IN",
    "America/Menominee": "MI",
    "America/Phoenix": "AZ",
    "America/Puerto_Rico": "PR",
    "America/St_Thomas": "VI",
    "Pacific/Guam": "GU",
    "Pacific/Honolulu": "HI",
    "Pacific/Pago_Pago": "AS",
    "Pacific/Saipan": "MP",
}

STATE_ZONES = {
    state: tuple(sorted(zone for zone, states in _STATES_OF_ZONE.items() if state in states.split()))
    for state in STATE_NAMES
}
"""Every zone of a state, sorted."""

# From and to, both included. Military addresses (AA, AE, AP) are nowhere.
_ZIP_RANGES = (
    "005-005 NY 006-007 PR 008-008 VI 009-009 PR 010-027 MA 028-029 RI 030-038 NH 039-049 ME 050-054 VT 055-055 MA "
    "056-059 VT 060-069 CT 070-089 NJ 100-149 NY 150-196 PA 197-199 DE 200-200 DC 201-201 VA 202-205 DC 206-219 MD "
    "220-246 VA 247-268 WV 270-289 NC 290-299 SC 300-319 GA 320-339 FL 341-349 FL 350-369 AL 370-385 TN 386-397 MS "
    "398-399 GA 400-427 KY 430-459 OH 460-479 IN 480-499 MI 500-528 IA 530-549 WI 550-567 MN 569-569 DC 570-577 SD "
    "580-588 ND 590-599 MT 600-629 IL 630-658 MO 660-679 KS 680-693 NE 700-714 LA 716-729 AR 730-732 OK 733-733 TX "
    "734-749 OK 750-799 TX 800-816 CO 820-831 WY 832-838 ID 840-847 UT 850-865 AZ 870-884 NM 885-885 TX 888-888 DC "
    "889-898 NV 900-961 CA 967-968 HI 969-969 GU 970-979 OR 980-994 WA 995-999 AK"
)
# Longer beginnings that lie elsewhere; "": not in the United States (Palau, Micronesia, the Marshall Islands).
_ZIP_EXCEPTIONS = {
    "06390": "NY",
    "96799": "AS",
    "9695": "MP",
    "96939": "",
    "96940": "",
    "9694": "",
    "9696": "",
    "9697": "",
}


def state_of_zip(code: str) -> str | None:
    """The state of a ZIP code, given as five digits, or as nine with or without a dash; of four digits a leading zero is
    missing, as spreadsheets leave it away. None for anything else.
    """
    digits = code.strip().replace("-", "")
    if not (digits.isascii() and digits.isdigit()):
        return None
    if len(digits) in (4, 8):
        digits = "0" + digits
    if len(digits) not in (5, 9):
        return None
    for length in (5, 4, 3):
        state = _STATE_OF_ZIP.get(digits[:length])
        if state is not None:
            return state or None
    return None


def _zip_states() -> dict[str, str]:
    words = _ZIP_RANGES.split()
    found = dict(_ZIP_EXCEPTIONS)
    for span, state in zip(words[::2], words[1::2], strict=True):
        first, last = span.split("-")
        found.update((f"{number:03d}", state) for number in range(int(first), int(last) + 1))
    return found


_STATE_OF_ZIP = _zip_states()
