"""The installation as it is: real processes with production's settings on a PostgreSQL that is stopped, killed and started."""
