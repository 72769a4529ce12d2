"""The post, its states, and the jobs that each state still owes."""
