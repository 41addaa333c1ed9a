"""What is sold by the embedded ERP: who buys, what there is, at what price, and the offers."""
