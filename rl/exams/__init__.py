"""Held-out evaluation of finished agents: what ``clickwright eval`` runs, counts, compares and draws."""
