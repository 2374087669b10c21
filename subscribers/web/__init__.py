"""The readers' pages: sign up, confirm, unsubscribe, preferences."""
