"""The assistant: a router that works offline, a client for language models, and the guard that lets no ungrounded figure through."""
