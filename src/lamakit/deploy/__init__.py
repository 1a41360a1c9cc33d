"""Networks where people already work."""

from lamakit.deploy.torchscript import export_torchscript

__all__ = ["export_torchscript"]
