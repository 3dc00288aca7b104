"""glTF materials: what of them is seen as colour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from limn.errors import InputError
from renderers.mesh.read.contents import read_texture
from renderers.mesh.read.gltf import Document
from renderers.mesh.read.part import Floats, Texture

WRAPS = {33071: "clamp", 33648: "mirror", 10497: "repeat"}
GLOSSY = "KHR_materials_pbrSpecularGlossiness"
SOURCES = ("EXT_texture_webp", "MSFT_texture_dds", "KHR_texture_basisu")
"""Extensions that name another picture for a texture; the picture tells by itself whether it can be read."""
BLACK = 0.004


@dataclass(frozen=True)
class Layer:
    """A colour and a texture that multiply.

    Args:
        colour: linear light [3].
        info: of the texture, empty where there is none.
        given: whether the file says anything of it.
    """

    colour: Floats
    info: dict[str, Any]
    given: bool


@dataclass
class Materials:
    """The materials of a file.

    Args:
        document: the file.
        lost: lines on what is left out.
        lose: adds to them.
    """

    document: Document
    lost: list[str]
    lose: Callable[[str], None]
    textures: dict[int, Texture | None] = field(default_factory=dict)

    def shown(self, material: dict[str, Any]) -> Layer:
        """What is seen of a material: its base or diffuse colour; where that is black its specular colour or glow."""
        base, extensions = material.get("pbrMetallicRoughness", {}), material.get("extensions", {})
        layers = [_layer(base, "baseColorFactor", "baseColorTexture")]
        alpha = base.get("baseColorFactor", [1, 1, 1, 1])[3]
        if GLOSSY in extensions:
            glossy = extensions[GLOSSY]
            diffuse, specular = (_layer(glossy, f"{kind}Factor", f"{kind}Texture") for kind in ("diffuse", "specular"))
            specular = Layer(specular.colour, glossy.get("specularGlossinessTexture", {}), specular.given)
            layers, alpha = [diffuse, specular], glossy.get("diffuseFactor", [1, 1, 1, 1])[3]
        glow = _layer(material, "emissiveFactor", "emissiveTexture")
        strength = extensions.get("KHR_materials_emissive_strength", {}).get("emissiveStrength", 1.0)
        if "emissiveFactor" in material:
            layers.append(Layer((glow.colour * strength).clip(0, 1), glow.info, True))
        found = next((layer for layer in layers if not self._black(layer)), layers[0])
        if material.get("alphaMode", "OPAQUE") != "OPAQUE" and alpha < 1:
            self.lose("transparency of materials")
        unread = ["normalTexture", "occlusionTexture"] + ["emissiveTexture"] * (found.info != glow.info)
        for what in unread:
            if what in material:
                self.lose(what)
        if "metallicRoughnessTexture" in base:
            self.lose("metallicRoughnessTexture")
        return found

    def _black(self, layer: Layer) -> bool:
        if layer.colour.max() < BLACK:
            return True
        texture = self.texture(layer.info["index"]) if "index" in layer.info else None
        return texture is not None and int(texture.pixels.max()) <= 1

    def texture(self, index: int) -> Texture | None:
        """One of the textures; None and a line if it cannot be read."""
        if index not in self.textures:
            entry = self.document.item("textures", index)
            sampler = self.document.item("samplers", entry["sampler"]) if "sampler" in entry else {}
            extensions = entry.get("extensions", {})
            others = [extensions[name].get("source") for name in SOURCES if name in extensions]
            wrap = (WRAPS[sampler.get("wrapS", 10497)], WRAPS[sampler.get("wrapT", 10497)])
            self.textures[index] = self._first([*others, entry.get("source")], wrap)
        return self.textures[index]

    def _first(self, images: list[int | None], wrap: tuple[str, str]) -> Texture | None:
        """The first picture that can be read; only if there is none it is said why."""
        said: list[str] = []
        for index in images:
            if index is not None:
                lines: list[str] = []
                texture = self._image(index, wrap, lines)
                if texture is not None:
                    self.lost += lines
                    return texture
                said += lines
        if not said:
            said = [f"{self.document.path}: a texture without a picture"]
        self.lost += [line for line in said if line not in self.lost]
        return None

    def _image(self, index: int, wrap: tuple[str, str], lost: list[str]) -> Texture | None:
        image = self.document.item("images", index)
        where = f"{self.document.path}: images[{index}]"
        if "bufferView" in image:
            return read_texture(self.document.view(image["bufferView"]), where, wrap, lost)
        try:
            content = self.document.uri(image["uri"])
        except InputError as error:
            lost.append(f"{error}; the texture is left out")
            return None
        return read_texture(content, where, wrap, lost)


def _layer(entry: dict[str, Any], factor: str, texture: str) -> Layer:
    colour = np.array(entry.get(factor, [1, 1, 1]), np.float64)[:3]
    return Layer(colour, entry.get(texture, {}), factor in entry)


def transformed(uv: Floats, transform: dict[str, Any]) -> Floats:
    """KHR_texture_transform: scale, then rotate, then move."""
    uv = uv * np.array(transform.get("scale", [1, 1]), np.float64)
    cosine, sine = np.cos(transform.get("rotation", 0)), np.sin(transform.get("rotation", 0))
    moved: Floats = uv @ np.array([[cosine, -sine], [sine, cosine]]) + np.array(transform.get("offset", [0, 0]))
    return moved
