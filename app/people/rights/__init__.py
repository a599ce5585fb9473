"""People's rights over their data: consents, a copy of everything, erasure, requests, and who has seen what."""
