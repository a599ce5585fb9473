"""Messages to guests: written in both languages, to a segment of the list, sent at a rate, told of each person."""
