"""What happened, and to which connected devices it matters."""
