"""The needs of a report: pleas and what becomes of them, goods to doors, journeys, classes, exams, waste."""
