"""What happened, found by reading rows below: each module makes `Fact`s of one kind of row."""
