"""Spaces in configurations; the stand-in has none there."""


def replace_env_cfg_spaces_with_strings(env_cfg):
    return env_cfg


def replace_strings_with_env_cfg_spaces(env_cfg):
    return env_cfg
