"""A PyTorch module, looked into while it runs and while it trains. PyTorch is imported only when it is asked for."""
