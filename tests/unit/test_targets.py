"""Where a target is, as a socket and as HTTP want to know it."""

import pytest

from loadtests.targets import address, authority, second_instance, targets


@pytest.mark.parametrize(
    ("url", "where", "host"),
    [
        ("http://127.0.0.1:1300", ("127.0.0.1", 1300), "127.0.0.1:1300"),
        ("http://name.example", ("name.example", 80), "name.example:80"),
        ("http://[::1]:1300", ("::1", 1300), "[::1]:1300"),
        ("http://[2001:db8::7]", ("2001:db8::7", 80), "[2001:db8::7]:80"),
    ],
)
def test_authority_of_any_address_is_written_as_a_host_header(
    url: str, where: tuple[str, int], host: str
) -> None:
    """A socket takes an IPv6 address bare, a header in brackets (RFC 3986, section 3.2.2)."""
    assert address(url) == where
    assert authority(url) == host


def test_second_instance_of_a_target_differs_in_name_and_title_only() -> None:
    """It is the same service, and must prove to be so."""
    control, _ = targets({})
    again = second_instance(control)

    assert (again.name, again.title) == ("flask-again", "Flask (again)")
    assert (again.service, again.server, again.url) == (control.service, control.server, control.url)
