"""What a message says, looked at once when it enters the catalogue; nothing here knows a user."""
