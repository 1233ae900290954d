"""A run in training for other processes of the same person on the same machine: a Unix socket that speaks JSON lines.

place: where the sockets lie, and who may use them. stream: the newest events, by number. snapshot: all of the run at
one moment. server: who is connected. connection: one of them. The other end is `engine.client`.
"""

from engine.serve.place import living_sockets, socket_folder, socket_folders, socket_path
from engine.serve.server import Server

__all__ = ["Server", "living_sockets", "socket_folder", "socket_folders", "socket_path"]
