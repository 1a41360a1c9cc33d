"""Tests of lamakit.metrics.torchmetrics."""
