"""Which Asterisk the settings mean, as the link takes it."""

from __future__ import annotations

from dialerd.settings import Asterisk
from dialerd.telephony.ami import AmiTarget


def target_of(asterisk: Asterisk) -> AmiTarget:
    """Where to log in, as whom, and how patiently. Raises ConfigError when there is no secret."""
    return AmiTarget(
        host=asterisk.host,
        port=asterisk.port,
        username=asterisk.username,
        secret=asterisk.require_secret(),
        connect_timeout=asterisk.connect_timeout,
        ping_interval=asterisk.ping_interval,
        ping_timeout=asterisk.ping_timeout,
    )
