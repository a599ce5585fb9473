"""What an event came to, in numbers: the organizers' dashboard, the public page, the report. Decides nothing."""
