"""The built-in inbox: an SMTP server that catches mail into a folder, and a page that shows it."""
