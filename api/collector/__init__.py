"""The collector: takes events over HTTP and WebSocket, and answers when they are durable.

Its routes are plain ASGI, in front of the FastAPI application: a route of FastAPI costs five times as much.
"""
