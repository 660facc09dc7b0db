"""Load generators and the comparison, as the processes that they are."""
