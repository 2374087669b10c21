"""Sign-ups that nobody meant: robots, one mailbox flooded by many, and surges. See docs/subscribing.md."""
