"""A line that is slow for one request: it waits until the test lets it go."""

from playwright.sync_api import Page, Route


def holds_back(page: Page, method: str, part: str) -> list[Route]:
    """Hold back the next request by the method whose address has that part; it goes on when the test says so.

    Chromium answers that it hands requests over before its pages do so. A page of ours is asked for until it is the test that
    answers.
    """
    held: list[Route] = []
    met: list[str] = []

    def hold(route: Route) -> None:
        if met or route.request.method != method:
            route.fallback()
        else:
            met.append(route.request.url)
            held.append(route)

    def answer(route: Route) -> None:
        route.fulfill(status=204)

    page.route(lambda address: part in address, hold)
    page.route("**/cookies/", answer)
    for _ in range(100):
        if page.evaluate("fetch('/cookies/', {method: 'HEAD'}).then((answer) => answer.status)") == 204:
            page.unroute("**/cookies/", answer)
            return held
    raise AssertionError("requests of this page are not handed to the test")
