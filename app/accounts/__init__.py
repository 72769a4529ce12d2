"""Who someone is: accounts, passwords and sessions."""
