"""The daemon: dial loop, call tracker, recovery, schedule, group-commit writer."""
