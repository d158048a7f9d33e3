"""The players of a report's week: each part acts through services, flows and the device door, as people would."""
