"""The bill of materials of an image, in CycloneDX JSON, from what is really in it."""

import re
from uuid import NAMESPACE_OID, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from tests.integration.images.image import Image
from tests.integration.images.packages import Package, packages

SPDX = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")


def sbom(name: str, image: Image) -> str:
    """Write the bill of materials; the same image gives the same text, but for the time in it."""
    digest = image.id.removeprefix("sha256:")
    subject = Component(
        type=ComponentType.CONTAINER,
        name=name,
        version=image.id,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
    )
    bom = Bom(serial_number=uuid5(NAMESPACE_OID, image.id))
    bom.metadata.component = subject
    system = _system(image)
    components = [_component(package, system) for package in packages(image)]
    for component in components:
        bom.components.add(component)
    bom.register_dependency(subject, components)
    return JsonV1Dot6(bom).output_as_string(indent=2)


def _component(package: Package, system: str) -> Component:
    url = PackageURL(
        package.kind,
        system.partition("-")[0] if package.kind == "deb" else None,
        package.name,
        package.version,
        {"distro": system} if package.kind == "deb" else None,
    )
    component = Component(
        type=ComponentType.APPLICATION if package.kind == "generic" else ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        bom_ref=str(url),
        purl=url,
    )
    if package.kind == "generic":
        component.cpe = f"cpe:2.3:a:python:python:{package.version}:*:*:*:*:*:*:*"
    if package.licence:
        known = SPDX.fullmatch(package.licence)
        licence = LicenseExpression(package.licence) if known else DisjunctiveLicense(name=package.licence)
        component.licenses.add(licence)
    for part in package.parts:
        component.components.add(
            Component(
                type=ComponentType.LIBRARY,
                name=part["name"],
                version=part["version"],
                bom_ref=f"{url}#{part['purl']}",
                purl=PackageURL.from_string(part["purl"]),
            )
        )
    return component


def _system(image: Image) -> str:
    """Name the distribution as package URLs do, `debian-13`."""
    place = next((path for path in ("usr/lib/os-release", "etc/os-release") if path in image.files()), None)
    text = image.read(place).decode() if place else ""
    fields = dict(re.findall(r'^(ID|VERSION_ID)="?([^"\n]*)"?$', text, re.MULTILINE))
    return f"{fields.get('ID', 'linux')}-{fields.get('VERSION_ID', '')}".rstrip("-")
