"""What a definition can say of values: references to them, and conditions on them."""
