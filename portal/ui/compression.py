"""Pages go compressed to browsers that ask for it, whatever stands before the portal; static files are so already.

What compressing can give away (BREACH: guessing a secret by the length of what repeats it) is kept from being learned
here: the token against forged requests is masked anew in each page, cookies that make a page somebody's are not sent
for what other sites ask (SameSite), and Django makes each answer longer by a random bit.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressedPages(GZipMiddleware):
    """Pages and parts of pages; what is downloaded mostly is compressed by itself, and is small where it is not."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page and not response.streaming else response
