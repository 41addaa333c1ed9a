"""What is sold on Tryton: who buys, what there is, at what price, and the offers."""
