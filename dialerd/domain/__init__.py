"""Decisions as functions of values: no I/O, no clock, no database, no logging. `now` is an argument."""
