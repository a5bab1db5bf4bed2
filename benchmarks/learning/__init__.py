"""Learning experiments, one module each; their results lie beside them as JSON, and docs/experiments.md reads them."""
