"""The API: the catalogue as JSON, for programs that hold a key."""
