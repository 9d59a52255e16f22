"""Rosters: a list in a file becomes trainees and enrolments, all of it or none, with the fate of every row told first."""
