"""Tests of lamakit.losses."""
