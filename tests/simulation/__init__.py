"""A deterministic simulation: the engine's own parts against a modelled Asterisk, database and clock, from one seed."""
