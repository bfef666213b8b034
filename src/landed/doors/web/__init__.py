"""The web door: pages for people, on the same app as the API. `mount.mount_web(app)` adds them; nothing loads before that."""
