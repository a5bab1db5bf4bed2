"""Games: surfaces of their own rules, in pure Python."""
