"""Run a network on a batch and measure every layer."""
