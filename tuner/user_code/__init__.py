"""Users' Python files, imported by path: what lies beside a file is imported for its folder alone."""

from tuner.user_code._import_file import load_file, load_object, loaded_sources

__all__ = ["load_file", "load_object", "loaded_sources"]
