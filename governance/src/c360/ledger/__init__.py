"""What is on record: deliveries, history, quarantine."""
