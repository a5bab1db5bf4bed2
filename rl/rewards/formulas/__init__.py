"""The rewards of papers as plain functions of texts, actions and groups; the scorers of the same names ask them."""
