"""Getting messages out: the relay, the SMTP dialogue, the ledger's barrier and the engine."""
