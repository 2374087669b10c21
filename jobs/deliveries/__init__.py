"""The ledger of who got what: one row per issue and reader (law 4)."""
