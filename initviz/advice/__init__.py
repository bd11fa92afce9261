"""From numbers to words: what is wrong, and what mends it."""
