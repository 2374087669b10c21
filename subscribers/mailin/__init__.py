"""Mail to the list: what a message to one of our addresses asks for, and doing it."""
