"""One activation under Gaussian inputs: quadrature, moments, kernels, distributions, properties."""
