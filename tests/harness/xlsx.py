"""Workbooks as spreadsheets write them, and as nobody should."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
STYLES = f'{HEAD}<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>'


def write_xlsx(path, sheets, parts=None):
    """A workbook of {sheet name: rows}; a row is None (empty) or a list of cells. `parts` are further files in it."""
    names = list(sheets)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(
            "[Content_Types].xml", f'{HEAD}<Types xmlns="{RELATIONS.replace("relationships", "content-types")}"/>'
        )
        out.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, 1))
        out.writestr(
            "xl/workbook.xml", f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>'
        )
        files = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(names) + 1)]
        out.writestr("xl/_rels/workbook.xml.rels", _relations([*files, ("styles", "styles.xml")]))
        out.writestr("xl/styles.xml", STYLES)
        for number, rows in enumerate(sheets.values(), 1):
            content = rows if isinstance(rows, str) else sheet_xml(rows)
            out.writestr(f"xl/worksheets/sheet{number}.xml", content)
        for name, content in (parts or {}).items():
            out.writestr(name, content)
    return path


def sheet_xml(rows):
    """The rows as the sheet's own file."""
    lines = (f'<row r="{n}">{_cells(n, row)}</row>' for n, row in enumerate(rows, 1) if row is not None)
    return f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cells(number, row):
    return "".join(_cell(f"{chr(65 + place)}{number}", value) for place, value in enumerate(row) if value is not None)


def _cell(place, value):
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):  # in UTC, as a spreadsheet's times have no zone
        days = (value - datetime(1899, 12, 30, tzinfo=UTC)).total_seconds() / 86400
        return f'<c r="{place}" s="2"><v>{days!r}</v></c>'
    if isinstance(value, date):
        return f'<c r="{place}" s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def _relations(targets):
    lines = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'{HEAD}<Relationships xmlns="{RELATIONS}">{lines}</Relationships>'
