"""What can be wrong with a question for revenue."""

from api.errors import ApiError


class BrokenPlace(ApiError):
    status, code, summary = 422, "broken_place", "`before` is no place in the list."
    hint = "Send the `next` of the page before, as it was, or leave it out to begin."
