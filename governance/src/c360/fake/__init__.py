"""Deliveries of invented customers and purchases: people, purchases, then (on request) planted defects."""
