"""The pages behind an issue's vote and save links."""
