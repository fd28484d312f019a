"""Whistle-blowing and the young person’s voice: words from somebody who does not sign in."""
