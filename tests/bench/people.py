"""The file of people that the benchmarks of imports load."""

from __future__ import annotations

import csv
import random

AREAS = (202, 212, 213, 305, 312, 404, 415, 503, 617, 702)
FIRST = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Siân", "Zoë", "John", "Jane", "Robert")
LAST = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Evans", "Smith", "O'Neil", "Müller", "Wong")
BAD = ("", "call me", "12", "+1202555", "5.55E+09", "1-800-FLOWERS", "+18005550123", "(911) 555-1234")


def write_file(path, count):
    """Names, five fields of one's own, numbers written four ways; one in twenty twice, one in thirty-three bad."""
    chance = random.Random(4)
    seen = []
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(["Phone", "First Name", "Last Name", "plan", "loan_id", "Segment", "Balance", "Notes"])
        for n in range(count):
            number = _number(chance, seen, n)
            note = 'said "yes", later' if n % 50 == 0 else "callback in june"
            who = (chance.choice(FIRST), chance.choice(LAST))
            table.writerow([number, *who, "gold", f"{n:08d}", f"seg-{n % 17}", f"{n % 1000}.50", note])
    return path


def _number(chance, seen, n):
    luck = chance.random()
    if luck < 0.03:
        return chance.choice(BAD)
    if luck < 0.08 and seen:
        return chance.choice(seen)
    area, exchange, line = chance.choice(AREAS), chance.randrange(200, 1000), chance.randrange(10_000)
    number = (
        f"+1{area}{exchange}{line:04d}",
        f"({area}) {exchange}-{line:04d}",
        f"{area}-{exchange}-{line:04d}",
        f"1 {area} {exchange} {line:04d}",
    )[n % 4]
    if len(seen) < 100_000:
        seen.append(number)
    return number
