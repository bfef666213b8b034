"""The REST door: routes made from the registry, OpenAPI 3.1, RFC 9457 problems, keys, limits, jobs and webhooks."""
