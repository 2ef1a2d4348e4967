"""dbt and Elementary, called in process, and what they answer."""
