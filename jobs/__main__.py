"""``python -m jobs`` is the command ``digest``."""

from jobs.cli import main

main()
