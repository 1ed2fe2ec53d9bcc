"""Instants and ids: what goes in comes out, in the order of time, on both databases."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from dialerd.store.ids import new_attempt_id
from dialerd.store.types import UtcDateTime
from harness.world import NOW

moments = Table("moments", MetaData(), Column("at", UtcDateTime))
instants = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001 - as above
    timezones=st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


def round_trip(database, *values):
    with database.write() as conn:
        moments.create(conn)
        conn.execute(insert(moments), [{"at": value} for value in values])
        found = conn.scalars(select(moments.c.at).order_by(moments.c.at)).all()
        moments.drop(conn)
    return found


def test_an_instant_comes_back_in_utc_to_the_microsecond(database):
    tokyo = timezone(timedelta(hours=9))
    assert round_trip(database, NOW.astimezone(tokyo)) == [NOW]


def test_what_comes_back_says_that_it_is_utc(database):
    (back,) = round_trip(database, NOW)
    assert back.tzinfo is UTC


def test_the_database_sorts_instants_by_time_whatever_their_zones_and_fractions(database):
    later = [NOW.replace(microsecond=0), NOW, NOW + timedelta(microseconds=1), NOW + timedelta(days=3650)]
    new_york = timezone(timedelta(hours=-5))
    assert round_trip(database, *(value.astimezone(new_york) for value in reversed(later))) == later


def test_a_missing_instant_stays_missing(database):
    assert round_trip(database, None) == [None]


def test_a_datetime_without_a_zone_is_refused(database):
    with pytest.raises(StatementError, match="has no time zone"):
        round_trip(database, NOW.replace(tzinfo=None))


@given(instants, instants)
def test_the_texts_sqlite_keeps_are_in_the_order_of_the_instants(one, other):
    kept = [UtcDateTime().process_bind_param(value, sqlite.dialect()) for value in (one, other)]
    assert (kept[0] < kept[1]) == (one < other)
    assert UtcDateTime().process_result_value(kept[0], sqlite.dialect()) == one


@given(instants)
def test_an_attempt_id_is_a_uuid_of_version_7_that_says_its_millisecond(now):
    read = uuid.UUID(new_attempt_id(now))
    assert (read.version, read.variant) == (7, uuid.RFC_4122)
    assert read.int >> 80 == (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(instants, st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(hours=1)))
def test_ids_are_in_the_order_of_claiming(now, gap):
    # A microsecond is finer than the 12 bits for the fraction of a millisecond; 0.25 us is what they resolve.
    assert new_attempt_id(now) < new_attempt_id(now + gap)


def test_ids_of_one_instant_differ():
    assert len({new_attempt_id(NOW) for _ in range(10_000)}) == 10_000
