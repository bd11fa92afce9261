"""Lessons: what is asked, what is to be done, and when it is done."""
