"""What every layer should measure, before a weight is drawn; never imports the measurement."""
