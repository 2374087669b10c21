"""What happens when: deliveries, sending, the weekly run, the command line and the web app."""
