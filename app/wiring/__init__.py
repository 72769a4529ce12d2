"""The one place where settings, clients, stores and services meet."""

from app.wiring.ground import Database
from app.wiring.house import House, open_house

__all__ = ["Database", "House", "open_house"]
