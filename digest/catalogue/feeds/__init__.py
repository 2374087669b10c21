"""Tools that come over the network: feeds and the project's own JSON, fetched with care and polled."""
