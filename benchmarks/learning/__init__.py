"""Experiments on what helps learning: one command each, the result as JSON beside it."""
