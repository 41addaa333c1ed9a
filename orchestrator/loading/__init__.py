"""Where definitions come from: files, and the packages of a user."""
