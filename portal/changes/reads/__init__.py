"""What pages read of changes: what is pending, what was asked for before, and who may see which."""
