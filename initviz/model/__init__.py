"""A model of somebody's own: read from a file, audited matrix by matrix, run like a drawn one."""
