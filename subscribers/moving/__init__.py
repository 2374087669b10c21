"""Moving the list: readers in from other services' exports, and out again as CSV or JSON Lines."""
