"""What an issue says: catalogue, panel tally, selection, matchups, issues, rendering and their pages."""

__version__ = "0.1.0"
