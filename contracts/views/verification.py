"""The public page where anyone can check whether a PDF is a genuine agreement."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from brokerage.core.accounts.limits import is_too_often
from contracts.forms.agreements import DocumentForm
from contracts.verifying import check_agreement


def check_document(request: HttpRequest) -> HttpResponse:
    """Say whether an uploaded PDF is genuine, and nothing else. Nothing is kept."""
    answer = None
    form = DocumentForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        if is_too_often(request, "verify", limit=20, seconds=60):
            return render(request, "429.html", status=429)
        if form.is_valid():
            answer = check_agreement(form.cleaned_data["document"].read())
            form = DocumentForm()
    return render(request, "contracts/verify.html", {"form": form, "answer": answer})
