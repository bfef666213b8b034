"""Reading of commercial invoices and packing lists: fields with their place on the page, arithmetic checks, a draft entry."""
