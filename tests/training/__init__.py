"""Tests of lamakit.training."""
