"""People: persons, accounts, sessions, tokens, roles. Organisations and memberships live in `app.directory`."""
