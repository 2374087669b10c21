"""The local preview: the issue as it will be sent, again and again as its files are saved."""
