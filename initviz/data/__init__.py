"""What is done to data before a network sees them: preparing, splitting, and what leaks when the order is wrong."""
