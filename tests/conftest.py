"""Settings for every test."""

import os

import torch
from hypothesis import settings

# No deadline, because machines differ in speed; the same examples in every run, so that a change
# never fails because of an example that it did not cause.
settings.register_profile("lamakit", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("lamakit")

if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(
        1
    )  # there is a worker for each core: more threads would wait for each other
