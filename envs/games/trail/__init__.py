"""Trail: pages of links and fields that must be gone through in the order the goal tells; only the end pays."""
