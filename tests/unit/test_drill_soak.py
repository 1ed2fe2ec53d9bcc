"""What the soak calls flat."""

from __future__ import annotations

import os

from drill.soak import MEASURES, Row


def test_a_twentieth_more_or_less_in_the_last_quarter_than_in_the_second_is_flat():
    assert Row("engine", "pss_mb", (50.0, 100.0, 100.0, 105.0)).flat
    assert Row("engine", "pss_mb", (50.0, 100.0, 100.0, 95.0)).flat


def test_more_than_that_is_not_whatever_the_first_quarter_was():
    assert not Row("engine", "pss_mb", (105.2, 100.0, 100.0, 105.2)).flat
    assert not Row("engine", "descriptors", (14.0, 14.0, 15.0, 15.0)).flat


def test_every_measure_can_be_taken_of_a_process():
    assert all(look(os.getpid()) > 0 for look in MEASURES.values())
