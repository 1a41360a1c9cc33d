"""Export of generators to formats that other tools load."""

from lamakit.deploy.torchscript import export_torchscript

__all__ = ["export_torchscript"]
