"""How large an e-mail's HTML may be, in bytes. Pure."""

# Gmail clips near 102 KB of HTML and hides the end, the way out of the list with it.
CLIP = 102_000
# What an issue is made to fit: what is personal, and what others add on the way, comes on top.
SIZE_LIMIT = 98_000
