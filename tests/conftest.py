"""Settings for every test."""

import os

import torch
from hypothesis import settings

# Machines differ in speed, so no deadline; the same examples at every run, so no surprises in CI.
settings.register_profile("lamakit", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("lamakit")

if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(1)  # the workers share the cores: more threads would wait for each other
