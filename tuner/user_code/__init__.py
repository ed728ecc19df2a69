"""Users' Python files and modules, imported by path: what lies beside one is imported for its folder alone."""

from tuner.user_code._import_file import load_file, load_module, load_named, load_object, loaded_sources

__all__ = ["load_file", "load_module", "load_named", "load_object", "loaded_sources"]
