"""Tests of lamakit.evaluation."""
