"""Configurations."""

from types import SimpleNamespace


class Config(SimpleNamespace):
    """A configuration: nested names and values."""

    def to_dict(self):
        kept = {name: value for name, value in vars(self).items() if isinstance(value, Config | int | float | None)}
        return {name: value.to_dict() if isinstance(value, Config) else value for name, value in kept.items()}

    def from_dict(self, data):
        for name, value in data.items():
            if not hasattr(self, name):
                raise KeyError(f"[Config]: Key not found under namespace: {name}.")
            if isinstance(value, dict):
                getattr(self, name).from_dict(value)
            else:
                setattr(self, name, value)

    def validate(self):
        """Check nothing."""


def replace_slices_with_strings(data):
    return data


def replace_strings_with_slices(data):
    return data
