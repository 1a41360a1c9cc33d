"""Settings for every test."""

from hypothesis import settings

# Machines differ in speed, so no deadline; the same examples at every run, so no surprises in CI.
settings.register_profile("lamakit", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("lamakit")
