"""A kernel's raw channels, for front ends that speak Jupyter's messages; see connect_channels."""

from jupyter_sessions.kernel_channels.asynchronous import AsyncChannels
from jupyter_sessions.kernel_channels.blocking import Channels
from jupyter_sessions.kernel_channels.messages import ChannelEvent, ChannelMessage
from jupyter_sessions.kernel_channels.place import Place

__all__ = ["AsyncChannels", "ChannelEvent", "ChannelMessage", "Channels", "Place"]
