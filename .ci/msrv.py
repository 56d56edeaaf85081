"""Compares the crate's `rust-version` with that of everything a user builds with it. Reads `cargo metadata`."""

import json
import sys


def version(text):
    return tuple(int(part) for part in (text.split(".") + ["0", "0"])[:3])


def built_with(root, nodes):
    """The ids of all packages that `root` needs at run time or to build, on any platform, tests left out."""
    found, waiting = {root}, [root]
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            needed = any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])
            if needed and dependency["pkg"] not in found:
                found.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    return found - {root}


metadata = json.load(sys.stdin)
packages = {package["id"]: package for package in metadata["packages"]}
root = packages[metadata["resolve"]["root"]]
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}

dependencies = [packages[id] for id in built_with(root["id"], nodes)]
silent = [package for package in dependencies if not package["rust_version"]]
newer = [
    package
    for package in dependencies
    if package["rust_version"] and version(package["rust_version"]) > version(root["rust_version"])
]
for package in newer:
    print(f"{package['name']} {package['version']} needs Rust {package['rust_version']}")
print(
    f"{len(dependencies)} dependencies against Rust {root['rust_version']}: "
    f"{len(newer)} need a newer one, {len(silent)} do not say what they need"
)
sys.exit(1 if newer or not dependencies else 0)
