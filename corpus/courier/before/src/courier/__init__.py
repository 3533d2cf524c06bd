from courier.box import Box, Closed
from courier.letters import Letter, parse
from courier.post import Post

__all__ = ["Box", "Closed", "Letter", "Post", "parse"]
