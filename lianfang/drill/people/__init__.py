"""What a report tells of the people who answered: posted, in teams, on duty by turns, sent to help another place."""
