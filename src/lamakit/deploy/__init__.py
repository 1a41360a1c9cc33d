"""Generators made ready for use elsewhere: faster, or in formats that other tools load."""

from lamakit.deploy.fusion import fuse_for_inference
from lamakit.deploy.onnx_export import export_onnx
from lamakit.deploy.torchscript import export_torchscript

__all__ = ["export_onnx", "export_torchscript", "fuse_for_inference"]
