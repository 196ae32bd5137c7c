"""Rooms on Django Channels as in its documentation: a group per room, Redis as the channel layer.

daphne serves `application`. REDIS_URL is the address of Redis. A POST to /rooms/<room> publishes its body to the room.
"""

import os

from django.conf import settings

settings.configure(
    SECRET_KEY="for a benchmark on loopback",
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            # 100 messages may wait for a channel by default; a full one drops, and every message is counted here.
            "CONFIG": {"hosts": [os.environ["REDIS_URL"]], "capacity": 100_000},
        }
    },
)

import django

django.setup()

from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path


class Member(AsyncWebsocketConsumer):
    async def connect(self):
        self.room = self.scope["url_route"]["kwargs"]["room"]
        await self.channel_layer.group_add(self.room, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.room, self.channel_name)

    async def note(self, event):
        await self.send(text_data=event["text"])


class Publish(AsyncHttpConsumer):
    async def handle(self, body):
        room = self.scope["url_route"]["kwargs"]["room"]
        await get_channel_layer().group_send(room, {"type": "note", "text": body.decode()})
        await self.send_response(200, b"", headers=[(b"Content-Length", b"0")])


application = ProtocolTypeRouter(
    {
        "websocket": URLRouter([re_path(r"^rooms/(?P<room>\w+)$", Member.as_asgi())]),
        "http": URLRouter([re_path(r"^rooms/(?P<room>\w+)$", Publish.as_asgi())]),
    }
)
