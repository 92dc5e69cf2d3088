"""What is nobody else's business: generated cases over every route, service and table (issue 6 §1,
fault row 47)."""
