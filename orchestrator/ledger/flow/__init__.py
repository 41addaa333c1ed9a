"""How runs flow: steps are taken, end, and set others free."""
