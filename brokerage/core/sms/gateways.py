"""What a gateway for text messages does, and which one is set (`SMS_BACKEND`, a dotted path)."""

from __future__ import annotations

from abc import ABC, abstractmethod

from django.conf import settings
from django.utils.module_loading import import_string


class GatewayAway(Exception):
    """The gateway cannot send now, to whomever; a text that it refused for its own sake raises something else."""


class Gateway(ABC):
    """One connection, for one batch; making it may raise ImproperlyConfigured or anything of the network."""

    @abstractmethod
    def send(self, *, number: str, text: str, reference: str) -> None:
        """Send one text to a number of the form +447…; `reference` is the message's own id. Returns once the gateway
        has it. Raises `GatewayAway` or OSError when it is away or late, anything else for this text alone."""

    def close(self) -> None:  # Most have nothing to let go of.
        """Let go of the connection."""
        return


def texts_are_set_up() -> bool:
    """Whether this installation sends text messages at all."""
    return bool(settings.SMS_BACKEND)


def open_gateway() -> Gateway:
    """The gateway that is set. Raises ImportError or ImproperlyConfigured."""
    gateway: Gateway = import_string(settings.SMS_BACKEND)()
    return gateway
