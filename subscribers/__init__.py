"""Who reads it: the list, opt-in, tokens, suppression and the readers' pages."""
