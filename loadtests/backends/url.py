"""Services that already run somewhere; what they cost cannot be seen."""

from collections.abc import Sequence

from loadtests.backends import Instance, Usage
from loadtests.backends.health import await_answer
from loadtests.results import Facts
from loadtests.targets import Target


class UrlBackend:
    """Whatever listens at the targets' URLs."""

    def start(self, targets: Sequence[Target]) -> tuple[Target, ...]:
        """Only look whether they answer."""
        for target in targets:
            await_answer(target, timeout_s=0)
        return tuple(targets)

    def renew(self, targets: Sequence[Target], hash_seed: int | None) -> tuple[Instance, ...]:  # noqa: ARG002
        """Replace nothing."""
        return tuple(Instance(target, None) for target in targets)

    def usage(self, target: Target) -> Usage:  # noqa: ARG002  # here and below: the protocol's signature
        """Know nothing, which is not zero."""
        return Usage(None, None)

    def facts(self, target: Target) -> Facts:
        """Know nothing."""
        return Facts(target=target.name)

    def memory_bytes(self, target: Target) -> int | None:  # noqa: ARG002
        """Know nothing."""
        return None

    def settings(self, target: Target) -> dict[str, str | int | bool]:  # noqa: ARG002
        """Know nothing."""
        return {}

    def stop(self) -> None:
        """End nothing."""
