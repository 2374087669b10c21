"""What would go wrong in a reader's inbox, found before anything is sent, without asking anybody outside."""
