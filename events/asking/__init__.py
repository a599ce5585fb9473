"""Forms of events: which questions are asked of whom, in versions, and what an answer has to be."""
