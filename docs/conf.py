"""Sphinx settings; build with ``sphinx-build -W --keep-going -b html docs docs/_build/html``."""

import lamakit

project = "lamakit"
author = "The lamakit authors"
copyright = author
version = release = lamakit.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"lamakit {version}"
html_static_path = ["_static"]

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
maximum_signature_line_length = 88

napoleon_numpy_docstring = False
napoleon_custom_sections = ["Shape", "Source"]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": "plot_",
    "ignore_pattern": r"^(?!.*plot_)",  # other scripts are no pages
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "write_computation_times": False,
    "show_signature": False,
    "image_srcset": ["2x"],
}
