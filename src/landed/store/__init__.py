"""What a site keeps: products, saved estimates, entries, watches, uploads, jobs, keys and the audit log. SQLite by default, PostgreSQL by URL."""
