"""Who gets the figures by mail every month."""

from django.conf import settings
from django.db import models


class Subscription(models.Model):
    """Somebody who reads reach and asked for it by mail, once a month."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reach_subscription")
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ("user__name", "pk")
        verbose_name = "subscription to reach"
        verbose_name_plural = "subscriptions to reach"

    def __str__(self) -> str:
        return str(self.user)
