"""What a case is: a client of its own, which gives what came of it."""

import json
import os
import socket
import traceback

from .connection import Ended
from .signing import Identity, certificates
from .tls12 import Tls12
from .tls13 import Tls13

CASES = []
_theme = ""


def theme(what):
    """What the cases that are registered from here on are about."""
    global _theme
    _theme = what


class World:
    """The gateway that is attacked, and who attacks it."""

    def __init__(self, description):
        with open(description, encoding="utf-8") as file:
            self._described = json.load(file)
        self._folder = os.path.dirname(description)
        self._identities = {}
        self._connections = []

    def connect(self, version, where="require"):
        connection = version(self._described["ports"][where])
        self._connections.append(connection)
        return connection

    def identity(self, name):
        if name not in self._identities:
            self._identities[name] = Identity(os.path.join(self._folder, name), self._described["identities"][name])
        return self._identities[name]

    def leaf(self, name):
        """The certificate alone; `root` is the authority's."""
        return certificates(os.path.join(self._folder, name + ".crt"))[0]

    @property
    def alice(self):
        return self.identity("alice")

    @property
    def mallory(self):
        return self.identity("mallory")

    def close(self):
        while self._connections:
            self._connections.pop().close()


class Case:
    def __init__(self, theme, name, answer, user, run):
        self.theme, self.name, self.answer, self.user, self._run = theme, name, answer, user, run

    def told(self):
        return {"theme": self.theme, "name": self.name, "answer": self.answer, "user": self.user}

    def run(self, world):
        try:
            return str(self._run(world))
        except Ended as ended:
            return str(ended)
        except (TimeoutError, socket.timeout):
            return "nothing, for too long"
        except Exception:  # What a case meets that it did not reckon with is its answer.
            return traceback.format_exc()
        finally:
            world.close()


def case(name, answer, user=None):
    """
    Registers a case. `answer`: an HTTP status with the code of the refusal, `alert NAME`, or `closed`. `user`: as whom the upstream sees
    the one request of the case, where the answer ends with 200; None: nobody. It sees no other.
    """

    def register(function):
        if any((_theme, name) == (other.theme, other.name) for other in CASES):
            raise ValueError(f"two cases of {_theme} are called {name}")
        CASES.append(Case(_theme, name, answer, user, function))
        return function

    return register


def both(name, answer=None, tls12=None, tls13=None, user=None):
    """A case for each version, with the same answer or one for each; the function gets the world and the version."""

    def register(function):
        for version, own in ((Tls12, tls12), (Tls13, tls13)):
            case(f"{version.name}: {name}", own or answer, user)(lambda world, version=version: function(world, version))
        return function

    return register
