"""What a signer fills in, and what anyone uploads to check a document."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from brokerage.core.forms import Text

#: The largest document the public page reads (bytes).
LARGEST_DOCUMENT = 10 * 1024 * 1024


class SigningForm(forms.Form):
    """The position in which one signs, and the statement one agrees to."""

    role = forms.CharField(
        label=_("Your position"),
        help_text=_("For example: Head of Placements"),
        max_length=160,
        widget=Text(width=20),
        error_messages={"required": _("Enter the position in which you sign")},
    )
    agree = forms.BooleanField(
        label=_("I have read this agreement and sign it for my organisation"),
        error_messages={"required": _("Confirm that you have read the agreement and sign it")},
    )
    terms_hash = forms.CharField(max_length=64, widget=forms.HiddenInput)


class DocumentForm(forms.Form):
    """A PDF to check."""

    document = forms.FileField(
        label=_("The agreement, as a PDF"),
        help_text=_("It is checked and not kept."),
        error_messages={
            "required": _("Select the PDF to check"),
            "empty": _("The file is empty: select the PDF to check"),
        },
    )

    def clean_document(self) -> UploadedFile:
        document: UploadedFile = self.cleaned_data["document"]
        if (document.size or 0) > LARGEST_DOCUMENT:
            raise forms.ValidationError(_("The file is larger than 10 MB, which no agreement is"), code="too_large")
        return document
