"""The public page where anyone can check whether a PDF is a genuine agreement."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def check_document(request: HttpRequest) -> HttpResponse:
    """Say whether an uploaded PDF is genuine, and nothing else."""
    return render(request, "contracts/verify.html")
