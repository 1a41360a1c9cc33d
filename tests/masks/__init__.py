"""Tests of lamakit.masks."""
