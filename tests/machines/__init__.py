"""Several machines on one: a primary, its replica, PgBouncer in front of them, and the real processes (.ci/failover)."""
