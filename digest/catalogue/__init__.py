"""The catalogue: tools, their panels' takes, and every way in."""
