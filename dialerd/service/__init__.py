"""What a person or a script may ask for: one function is one transaction and one audit entry."""
