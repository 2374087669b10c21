"""Mail that arrives: handed over by a mail server, or fetched from a mailbox; and where it goes then."""
