"""What comes in from people and what goes back to them."""
