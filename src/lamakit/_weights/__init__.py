"""State dicts: read from a file or a mapping, and compared with what a module expects."""

from lamakit._weights.state_dicts import Weights, check_state_dict, list_names
from lamakit._weights.stored_tensors import StoredTensor
from lamakit._weights.weight_files import OpenWeights, open_weights, read_state_dict

__all__ = [
    "OpenWeights",
    "StoredTensor",
    "Weights",
    "check_state_dict",
    "list_names",
    "open_weights",
    "read_state_dict",
]
