"""The web server."""

import errno
import logging
import socket
from typing import TYPE_CHECKING

import waitress
from waitress.server import BaseWSGIServer

from tuner.dashboard._address import Address
from tuner.errors import UserError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_THREADS = 8
"""Requests answered at once; a browser sends up to six."""


def bind(address: Address) -> socket.socket:
    """Reserve the address, without answering requests yet.

    Args:
        address: where to listen.

    Raises:
        UserError: if the port is in use or may not be used, or the host is not this machine.
    """
    opened = socket.socket(socket.AF_INET6 if ":" in address.ip else socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # a port can be reused as soon as its server has ended
        opened.bind((address.ip, address.port))
    except OSError as error:
        opened.close()
        raise UserError(_words(error, address)) from error
    return opened


def create_server(app: "WSGIApplication", bound: socket.socket) -> BaseWSGIServer:
    """Start to listen. Requests wait until `run` is called on the server, which returns after a KeyboardInterrupt.

    The server is Waitress. Unlike the one that optuna-dashboard uses, it is made for use on a network. It has no
    dependencies.

    Args:
        app: the application that answers.
        bound: the socket from `bind`.
    """
    logging.getLogger("waitress").setLevel(logging.ERROR)  # it warns about every request that waits for a free thread
    return waitress.create_server(app, sockets=[bound], threads=_THREADS, ident=None)


def _words(error: OSError, address: Address) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {address.port} of {address.host} is in use. Give another one: --port {min(address.port + 1, 65535)}"
        )
    if error.errno == errno.EACCES:
        return f"You may not use port {address.port}. Give one above 1023: --port 8080"
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            f"The host '{address.host}' ({address.ip}) is not this machine. Leave --host out, or give one of its names."
        )
    return f"Cannot listen on port {address.port} of {address.host}: {error.strerror}."
