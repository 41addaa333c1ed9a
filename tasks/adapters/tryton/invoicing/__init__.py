"""What customers owe us, on Tryton: invoices, credit notes, payments and reminders."""
