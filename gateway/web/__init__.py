"""What can be asked of a running daemon, over HTTP: whether it lives, whether it is ready, and how the work stands."""

from gateway.web.app import make_app
from gateway.web.collecting import Metrics
from gateway.web.health import Pulse, why_not_alive, why_not_ready
from gateway.web.meters import Meters
from gateway.web.server import WebServer

__all__ = ["Meters", "Metrics", "Pulse", "WebServer", "make_app", "why_not_alive", "why_not_ready"]
