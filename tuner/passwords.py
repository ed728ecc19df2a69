"""Mask the passwords of databases in texts that are shown, logged or written to a file."""

import re
from typing import Any

_MASK = "***"
_SCHEME = r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{1,40}"
_NOT_WEB = r"(?<!http)(?<!https)"
_KEY = r"[\w.-]*(?:password|passwd|pwd|secret)"
_WORD_END = r"""["'`]?[\])},;:.]*(?:\s|$)"""
"""The quotes, brackets and punctuation that a sentence puts behind a word, and the word's end."""

# A text that is one URL, or assigns one: everything in it belongs to the URL, even spaces.
_ALONE = re.compile(rf"""\s*(?:[\w.-]+\s*=\s*)?["']?{_SCHEME}{_NOT_WEB}://.*""")
_USER_ALONE = re.compile(rf"({_SCHEME}://(?!/)[^:]*:).*@")
_QUERY_ALONE = re.compile(rf"""([?&]{_KEY}=)[^&]*?(?=["']?$|&)""", re.IGNORECASE)

# URLs in a sentence. A password that should have been escaped may hold @, /, : and #, so it ends at a word's last @.
_USER = re.compile(rf"({_SCHEME}://(?!/)[^\s:]*:)\S*@")
_USER_OF_PATH = re.compile(rf"({_SCHEME}:/(?!/)[^\s:/]*:)\S*@")
"""A URL that was taken for a path has lost a slash."""
_USER_WITH_SPACES = re.compile(
    rf"({_SCHEME}{_NOT_WEB}:/{{1,2}}(?!/)[^\s:/'\"]*:)(?!\d+(?:[/?'\",;.)\s]|$))[^\s@]*[ \t](?:(?!://)[^\n@])*@"
)
_USER_CUT_OFF = re.compile(rf"({_SCHEME}://(?!/)[^\s:/'\"]*:)(?!\d+[/?.…])[^\s@'\"]*(\.\.\.|…)")
"""The end of a URL that was shortened to be shown, and its @ with it, is missing."""
_QUERY = re.compile(rf"([?&]{_KEY}=)[^&\s]*?(?=&|{_WORD_END})", re.IGNORECASE)

# libpq's connection strings, `host=… password=…`. Quotes may surround the value.
_KEYWORD = re.compile(
    rf"""(?<![\w?&.-])({_KEY}\s*=\s*)(?:(\\*)(['"])(?:\\.|[^\\])*?\2\3|\S+?(?={_WORD_END}))""", re.IGNORECASE
)


def mask_passwords(text: str) -> str:
    """Return a text with `***` for every password of a database in it.

    Passwords are found in URLs, even in those that cannot be parsed (`postgresql://user:password@host`,
    `?password=…`, `?sslpassword=…`), and in libpq's connection strings (`host=… password=…`). In doubt more is masked
    than the password. This is most reliable for a URL alone, so mask a URL before it becomes part of a sentence.

    Args:
        text: anything: a URL, an option, a message, a log, a traceback.
    """
    if ":/" not in text and "=" not in text:
        return text
    if _ALONE.fullmatch(text):
        text = _QUERY_ALONE.sub(rf"\1{_MASK}", _USER_ALONE.sub(rf"\1{_MASK}@", text))
    for pattern in (_USER, _USER_OF_PATH, _USER_WITH_SPACES):
        text = pattern.sub(rf"\1{_MASK}@", text)
    text = _USER_CUT_OFF.sub(rf"\1{_MASK}\2", text)
    text = _QUERY.sub(rf"\1{_MASK}", text)
    return _KEYWORD.sub(rf"\1{_MASK}", text)


def mask_passwords_in(data: Any) -> Any:
    """Return JSON-like data with the passwords in its texts masked; tuples become lists."""
    if isinstance(data, str):
        return mask_passwords(data)
    if isinstance(data, dict):
        return {mask_passwords_in(key): mask_passwords_in(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [mask_passwords_in(value) for value in data]
    return data
