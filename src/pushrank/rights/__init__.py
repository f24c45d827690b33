"""What a person is owed: pseudonyms, credentials, and preferences that bind."""
