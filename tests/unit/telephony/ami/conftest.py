"""The fixtures of harness.ami_play for these tests."""

from harness.ami_play import fake_ami, play

__all__ = ["fake_ami", "play"]
