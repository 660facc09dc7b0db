"""What must hold, seen from outside."""
