"""Saved comparison pages: bytes in, values out. Pure: no database, no settings."""
