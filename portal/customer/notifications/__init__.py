"""What a person is told of: the bell and its page, what they choose to hear of, and the link that ends a mail."""
