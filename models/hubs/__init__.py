"""Where models can be got: a file for each kind of hub, which offers what `Hub` lists; the folder is the registry."""

from models.hubs._access import Access, RemoteFile, Repository
from models.hubs._registry import Hub, load, names

__all__ = ["Access", "Hub", "RemoteFile", "Repository", "load", "names"]
