"""What pyproject.toml cannot say of the build: the shipped configs are installed as limn/configs."""

from setuptools import find_namespace_packages, setup

setup(
    packages=[
        *find_namespace_packages(include=["limn*", "guidance*", "renderers*", "pipelines*"]),
        "limn.configs",
    ],
    package_dir={"limn.configs": "configs"},
)
