"""Lessons: files of questions, runs and explanations, whose claims are measured."""
