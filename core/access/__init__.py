"""Who may do what: ownership of runs, the teacher's session, logins and privacy."""
