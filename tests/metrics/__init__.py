"""Tests of lamakit.metrics."""
