"""The OpenAI-compatible HTTP API: `app` puts it together, `server` serves it; each route's concern is a module."""
