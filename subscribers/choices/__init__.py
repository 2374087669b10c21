"""What a reader decides: what comes, when, in which language, where to; and what is kept about them."""
