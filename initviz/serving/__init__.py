"""Many askers, one machine: jobs, what is remembered, limits."""
