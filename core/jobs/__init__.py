"""Jobs: whose turn it is, who may do what, and how one job is executed, here or in a process."""
