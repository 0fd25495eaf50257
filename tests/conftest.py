"""Shapes are types: every annotated function of the library is checked while the tests run."""

from jaxtyping import install_import_hook

hook = install_import_hook("zsar", "beartype.beartype")
