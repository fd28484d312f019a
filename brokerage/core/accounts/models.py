"""People who sign in. What they may do stands in their memberships (`core.tenants`)."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    """Users are found by e-mail address, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


#: What only the login role reads of a person (`row_security`).
UNSEEN = ("password", "last_login", "date_joined")


def unseen(path: str) -> tuple[str, ...]:
    """What to `defer` where a query follows a key to a person: "user" -> "user__password" and so on."""
    return tuple(f"{path}__{name}" for name in UNSEEN)


class User(AbstractBaseUser):
    """One person, whatever the number of organisations they belong to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=2, default="en", choices=[("en", "English"), ("cy", "Cymraeg")])
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class MobileNumber(models.Model):
    """The mobile number to which a person has urgent notices texted: none before a code texted to it came back."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    #: +447… once it is confirmed; empty before.
    number = models.CharField(max_length=13, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    #: The number that waits for its code. The confirmed one counts until then.
    asked_number = models.CharField(max_length=13, blank=True)
    code_hash = models.CharField(max_length=64, blank=True)
    code_sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(number="", confirmed_at__isnull=True)
                | models.Q(number__regex=r"^\+447[0-9]{9}$", confirmed_at__isnull=False),
                name="mobile_number_is_confirmed",
            ),
            models.CheckConstraint(
                condition=models.Q(asked_number="") | models.Q(asked_number__regex=r"^\+447[0-9]{9}$"),
                name="mobile_number_asked_is_one",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user_id)
