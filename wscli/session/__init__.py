"""A WebSocket connection: websockets' Sans-I/O ClientProtocol driven over a stream of our own."""
