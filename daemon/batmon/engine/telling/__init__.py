"""Messages on the move: owed, rendered, sent, tried again, and told of in the bell."""
