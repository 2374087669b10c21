"""Issues: one week's e-mail, from draft to sent."""
