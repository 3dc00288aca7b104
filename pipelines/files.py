"""Writing files, as everywhere in the project."""

from renderers.files import write_file, writing

__all__ = ["write_file", "writing"]
