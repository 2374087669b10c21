"""The sample catalogue: one YAML file for each tool, named by its slug; what the demo and a first try import.

The panel's texts are fiction. The tools of the category Developer Tools are real, with figures as published
in comparisons of them; all others are invented, prices included.
"""

from __future__ import annotations

from pathlib import Path


def sample_catalogue() -> Path:
    """Return the folder that holds the sample tools, to be given to the catalogue's import."""
    return Path(__file__).parent
