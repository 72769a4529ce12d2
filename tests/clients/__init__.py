"""What frontend teams use, as they use it: the real packages against the whole stack."""
