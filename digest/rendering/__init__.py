"""From an issue's values to the bytes of a message: Jinja2, MJML, premailer, slots and MIME. Pure."""
