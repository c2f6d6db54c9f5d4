"""What tests ask of an answer."""


def refusal(response):
    """The status and the message of an error, which is JSON as all answers of the API are."""
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body == {"message": body["message"], "reason": None}
    return response.status_code, body["message"]


def is_page(response):
    """Whether it is a page for people."""
    return response.headers["content-type"].startswith("text/html")
