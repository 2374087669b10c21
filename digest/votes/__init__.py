"""Readers' own verdicts, and the tools they save for later. Readers are opaque ids here (law 7)."""
